import type { TileId } from '../../src/shared/tile';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Flights } from '../origin/flights';
import { inForce } from '../ledger/doubt';
import { recordOf } from '../ledger/state';
import type { Ledger } from '../ledger/ledger';
import { isUnsettled } from '../ledger/settling';
import type { Subject } from '../ledger/subject';
import { isCleared } from '../ledger/verdict';
import type { Found } from '../lookup/found';
import type { Lookup } from '../lookup/lookup';
import type { Wanted } from '../lookup/wanted';
import { isWrong as isOfAnother, type Labelled } from '../origin/precedence';
import type { Outcome } from '../origin/outcome';
import type { Tile } from '../store/tile-store';
import { addTile, compare, dueTiles, idOf, type LaggingLayer } from './lagging-layer';

/**
 * Knows the tiles that the origin labels with another version than the one in force, because an edge lags behind the
 * announcement. It requests them again, past the HTTP cache, until the label is right or nobody looks any more. It does
 * the same for tiles without a label that were fetched soon after a switch, until the edge has had the time that it
 * needs.
 */
export interface Mismatches {
  /** True if the tile's label names another version than the one in force. */
  isWrong(subject: Subject, tile: Labelled): boolean;
  /** Notes each answer of the origin. */
  heard(wanted: Wanted, outcome: Outcome): void;
}

interface MismatchTools {
  ledger: Ledger;
  lookup: Lookup;
  flights: Pick<Flights, 'join'>;
  now: () => number;
  random: () => number;
  setTimeout: (callback: () => void, ms: number) => unknown;
  /** True while the origin asks us to hold our requests. */
  holds: (layer: string, address: string) => boolean;
  /** Returns 'no' if the maps look elsewhere, 'unknown' if none has told where it looks. */
  inView: (address: TileAddress) => 'yes' | 'no' | 'unknown';
  /** Called when the right bytes of a tile have come. */
  updated: (layer: string, tile: TileId) => void;
}

/** Milliseconds of the first and the longest pause between two rounds. */
const FIRST = 1000;
const LONGEST = 60_000;
/** Milliseconds of the longest pause while a map looks at one of the tiles. */
const WATCHED = 4000;
/** Milliseconds for which that holds: edges that lag are right within a minute or two. */
const WATCH_MS = 120_000;
/** The number of tiles that one round requests, while the edge is wrong and once it was right. */
const SOME = 8;
const MANY = 64;
const MAX_LAYERS = 64;

export function createMismatches(tools: MismatchTools): Mismatches {
  const { ledger, lookup, flights, now, random, setTimeout, holds, inView, updated } = tools;
  const layers = new Map<string, LaggingLayer>();

  const isWrong = (subject: Subject, tile: Labelled) => isOfAnother(ledger.state, { subject }, tile);

  const unsettled = ({ layer, tile }: Subject, stored: Tile) =>
    ledger.state !== undefined && isUnsettled(recordOf(ledger.state, layer.name), layer, tile, stored);

  const schedule = (layer: string, lagging: LaggingLayer, pause: number) => {
    lagging.turn += 1;
    const { turn } = lagging;
    // A random pause keeps browsers from asking all at once.
    setTimeout(() => void (turn === lagging.turn && round(layer, lagging)), pause * (1 - random() / 2));
  };

  const round = async (layer: string, lagging: LaggingLayer): Promise<void> => {
    if (lagging.busy) return;
    lagging.busy = true;
    const watched = Math.abs(now() - lagging.since) < WATCH_MS;
    const due = dueTiles(lagging, roundSize(lagging, watched), now(), inView, holds);
    lagging.well = false;
    const seen = watched && [...lagging.tiles.values()].some(({ wanted }) => inView(wanted.address) === 'yes');
    await Promise.all(due.map((wanted) => probe(lagging, wanted).catch(() => {})));
    lagging.busy = false;
    if (lagging.tiles.size === 0) return void (layers.get(layer) === lagging && layers.delete(layer));
    lagging.pause = lagging.well ? FIRST : Math.min(lagging.pause * 2, LONGEST);
    schedule(layer, lagging, lagging.well ? 0 : seen ? Math.min(lagging.pause, WATCHED) : lagging.pause);
  };

  const probe = async ({ tiles }: LaggingLayer, wanted: Wanted): Promise<void> => {
    const found = await lookup(wanted);
    if (isOver(found, wanted)) return void tiles.delete(idOf(wanted));
    const policy = { ...wanted.policy, method: 'GET', noCache: true, reload: false, range: null };
    const joined = await flights.join({ ...wanted, policy }, found, { background: true });
    if (joined) settle(wanted, await joined.exchange.outcome);
  };

  /** Returns false if the label is wrong. */
  const settle = (wanted: Wanted, outcome: Outcome): boolean => {
    const { address, subject } = wanted;
    if (outcome.kind === 'failure') return true;
    if (isWrong(subject, outcome.tile)) return false;
    const lagging = layers.get(address.layer.name);
    const suspect = lagging?.tiles.get(idOf(wanted));
    if (unsettled(subject, outcome.tile)) {
      if (lagging && suspect) compare(lagging, suspect, outcome.tile);
      return false;
    }
    if (!lagging || !suspect) return true;
    lagging.tiles.delete(idOf(wanted));
    // The store has already told pages of a tile that could be stored all along.
    if (address.tile && !outcome.notModified && suspect.mark === undefined) updated(address.layer.name, address.tile);
    lagging.well = true;
    return true;
  };

  const heard = (wanted: Wanted, outcome: Outcome) => {
    const layer = wanted.address.layer.name;
    const right = settle(wanted, outcome);
    const known = layers.get(layer);
    if (right) {
      // Once one tile is right, all tiles soon are.
      if (known?.well && !known.busy) schedule(layer, known, 0);
      return;
    }
    if (!known && layers.size >= MAX_LAYERS) return;
    const version = ledger.state && inForce(ledger.state, layer).version;
    const begun = { version, since: now(), pause: FIRST };
    const lagging = known ?? { ...begun, tiles: new Map(), well: false, busy: false, turn: 0 };
    addTile(lagging, wanted, outcome, now());
    if (known && known.version === version) return;
    layers.set(layer, Object.assign(lagging, begun));
    schedule(layer, lagging, FIRST);
  };

  return { isWrong, heard };
}

const roundSize = ({ well, pause }: LaggingLayer, watched: boolean) =>
  well ? MANY : watched && pause > WATCHED ? 1 : SOME;

/** True if the right tile is stored, or if the user has logged out: request no tiles in that name any more. */
const isOver = ({ state, stored }: Found, { subject, since }: Wanted) =>
  isCleared(state, subject, since) || (stored?.verdict.rule === 'none' && !stored.verdict.otherVersion);
