import type { TileId } from '../../src/shared/tile';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Flights } from '../origin/flights';
import { inForce } from '../ledger/doubt';
import { recordOf } from '../ledger/state';
import type { Ledger } from '../ledger/ledger';
import { isUnsettled } from '../ledger/settling';
import type { Subject } from '../ledger/subject';
import { isCleared, isMismatch } from '../ledger/verdict';
import type { Lookup } from '../lookup/lookup';
import type { Wanted } from '../lookup/wanted';
import type { Outcome } from '../origin/outcome';
import type { Tile } from '../store/tile-store';

/**
 * Knows the tiles that the origin labels with another version than the one in force, because an edge lags behind the
 * announcement. It requests them again, past the HTTP cache, until the label is right or nobody looks any more. It does
 * the same for tiles without a label that were fetched soon after a switch, until the edge has had the time that it
 * needs.
 */
export interface Mismatches {
  /** True if the tile's label names another version than the one in force. */
  isWrong(subject: Subject, tile: Pick<Tile, 'meta'>): boolean;
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
  looked: (address: TileAddress) => 'yes' | 'no' | 'unknown';
  /** Called when the right bytes of a tile have come. */
  updated: (layer: string, tile: TileId) => void;
}

/** Milliseconds of the first and the longest pause between two rounds. */
const FIRST = 1000;
const LONGEST = 60_000;
/**
 * Milliseconds: while a map looks, the worker requests one tile at least this often, for so long, because edges that
 * lag are right within a minute or two.
 */
const WATCHED = 4000;
const WATCH_MS = 120_000;
/** The number of tiles that one round requests, while the edge is wrong and once it was right. */
const SOME = 8;
const MANY = 64;
/** Milliseconds after the last request until the worker forgets a tile that no map is known to look at. */
const FORGOTTEN = 300_000;
const MAX_TILES = 512;
const MAX_LAYERS = 64;

interface Suspect {
  wanted: Wanted;
  askedAt: number;
  /** For an answer without a label, distinguishes its bytes from others. */
  mark?: string;
  /**
   * True if the bytes have changed since the switch. Pages are told once, because some origins never send the same
   * bytes twice.
   */
  moved?: boolean;
}

interface Open {
  tiles: Map<string, Suspect>;
  /** The time at which the first tile was found. */
  since: number;
  /** The version that was in force when the pause was last the first one. */
  version: string | undefined;
  pause: number;
  /** True once a tile has come with the right label. */
  well: boolean;
  busy: boolean;
  /** The number of the last timer: timers cannot be cancelled, so only the last one counts. */
  turn: number;
}

export function createMismatches(tools: MismatchTools): Mismatches {
  const { ledger, lookup, flights, now, random, setTimeout, holds, looked, updated } = tools;
  const layers = new Map<string, Open>();

  const versionOf = (layer: string) => ledger.state && inForce(ledger.state, layer).version;

  const isWrong = (subject: Subject, { meta }: Pick<Tile, 'meta'>) =>
    ledger.state !== undefined && isMismatch(inForce(ledger.state, subject.layer.name), subject, meta);

  const unsettled = ({ layer, tile }: Subject, stored: Tile) =>
    ledger.state !== undefined && isUnsettled(recordOf(ledger.state, layer.name), layer, tile, stored);

  const schedule = (layer: string, open: Open, pause: number) => {
    open.turn += 1;
    const { turn } = open;
    // A random pause keeps browsers from asking all at once.
    setTimeout(() => void (turn === open.turn && round(layer, open)), pause * (1 - random() / 2));
  };

  const round = async (layer: string, open: Open): Promise<void> => {
    if (open.busy) return;
    open.busy = true;
    const { well } = open;
    open.well = false;
    const due: Wanted[] = [];
    const watched = Math.abs(now() - open.since) < WATCH_MS;
    const most = well ? MANY : watched && open.pause > WATCHED ? 1 : SOME;
    let seen = false;
    // The tiles requested last come first.
    for (const [id, { wanted, askedAt }] of [...open.tiles].reverse()) {
      const looks = looked(wanted.address);
      seen ||= looks === 'yes';
      if (looks !== 'yes' && Math.abs(now() - askedAt) > FORGOTTEN) open.tiles.delete(id);
      else if (looks !== 'no' && due.length < most && !holds(layer, wanted.request.url)) due.push(wanted);
    }
    await Promise.all(due.map((wanted) => probe(open, wanted).catch(() => {})));
    open.busy = false;
    if (open.tiles.size === 0) return void (layers.get(layer) === open && layers.delete(layer));
    open.pause = open.well ? FIRST : Math.min(open.pause * 2, LONGEST);
    schedule(layer, open, open.well ? 0 : seen && watched ? Math.min(open.pause, WATCHED) : open.pause);
  };

  const probe = async (open: Open, wanted: Wanted): Promise<void> => {
    const found = await lookup(wanted);
    // The user has logged out: do not request tiles in that name any more.
    if (isCleared(found.state, wanted.subject, wanted.since)) return void open.tiles.delete(idOf(wanted));
    const verdict = found.stored?.verdict;
    if (verdict?.rule === 'none' && !verdict.otherVersion) return void open.tiles.delete(idOf(wanted));
    const policy = { ...wanted.policy, method: 'GET', noCache: true, reload: false, range: null };
    const joined = await flights.join({ ...wanted, policy }, found, { background: true });
    if (joined) settle(wanted, await joined.exchange.outcome);
  };

  /** Returns false if the label is wrong. */
  const settle = (wanted: Wanted, outcome: Outcome): boolean => {
    const { address, subject } = wanted;
    if (outcome.kind === 'failure') return true;
    if (isWrong(subject, outcome.tile)) return false;
    const open = layers.get(address.layer.name);
    const suspect = open?.tiles.get(idOf(wanted));
    if (unsettled(subject, outcome.tile)) {
      if (open && suspect) compare(open, suspect, outcome.tile);
      return false;
    }
    if (!open || !suspect) return true;
    open.tiles.delete(idOf(wanted));
    // The store has already told pages of a tile that could be stored all along.
    if (address.tile && !outcome.notModified && suspect.mark === undefined) updated(address.layer.name, address.tile);
    open.well = true;
    return true;
  };

  /** Notes bytes that differ from those of a moment ago: what one edge has, the others of its layer soon have. */
  const compare = (open: Open, suspect: Suspect, tile: Tile) => {
    const mark = markOf(tile);
    if (suspect.mark !== undefined && suspect.mark !== mark && !suspect.moved) {
      suspect.moved = true;
      open.well = true;
    }
    suspect.mark = mark;
  };

  return {
    isWrong,
    heard(wanted, outcome) {
      const layer = wanted.address.layer.name;
      const right = settle(wanted, outcome);
      const known = layers.get(layer);
      if (right) {
        // Once one tile is right, all tiles soon are.
        if (known?.well && !known.busy) schedule(layer, known, 0);
        return;
      }
      if (!known && layers.size >= MAX_LAYERS) return;
      const version = versionOf(layer);
      const open = known ?? {
        tiles: new Map(),
        since: now(),
        version,
        pause: FIRST,
        well: false,
        busy: false,
        turn: 0,
      };
      const id = idOf(wanted);
      const { mark, moved } = open.tiles.get(id) ?? markIn(outcome);
      open.tiles.delete(id);
      open.tiles.set(id, { wanted, askedAt: now(), ...(mark !== undefined && { mark }), ...(moved && { moved }) });
      if (open.tiles.size > MAX_TILES) open.tiles.delete(open.tiles.keys().next().value as string);
      if (known && known.version === version) return;
      layers.set(layer, open);
      Object.assign(open, { version, since: now(), pause: FIRST });
      schedule(layer, open, FIRST);
    },
  };
}

const markOf = ({ headers, bytes }: Tile) =>
  headers.get('etag') ?? headers.get('last-modified') ?? String(bytes?.byteLength);

const markIn = (outcome: Outcome): Pick<Suspect, 'mark' | 'moved'> =>
  outcome.kind === 'failure' || outcome.tile.meta.version !== '' ? {} : { mark: markOf(outcome.tile) };

const idOf = ({ key, subject, address, request }: Wanted) =>
  [subject.partition, key, address.token, request.mode === 'no-cors'].join(' ');
