import type { TileId } from '../../src/shared/tile';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Flights } from '../origin/flights';
import { type Ledger, recordOf } from '../ledger/ledger';
import { isMismatch, type Subject } from '../ledger/verdict';
import type { Lookup } from '../lookup/lookup';
import type { Wanted } from '../lookup/wanted';
import type { Outcome } from '../origin/outcome';
import type { Tile } from '../store/tile-store';

/**
 * Tiles that the origin labels with another version than the one in force: an edge lags behind what was announced. They
 * are asked for again, past the HTTP cache, until the label is right or nobody looks any more.
 */
export interface Mismatches {
  /** The tile's label says that it is of another version than the one in force. */
  isWrong(subject: Subject, tile: Pick<Tile, 'meta'>): boolean;
  /** Told of each answer of the origin. */
  heard(wanted: Wanted, outcome: Outcome): void;
}

interface MismatchTools {
  ledger: Ledger;
  lookup: Lookup;
  flights: Pick<Flights, 'join'>;
  now: () => number;
  random: () => number;
  setTimeout: (callback: () => void, ms: number) => unknown;
  /** 'no': the maps look elsewhere. 'unknown': none has told where it looks. */
  looked: (address: TileAddress) => 'yes' | 'no' | 'unknown';
  /** The right bytes of a tile are there. */
  updated: (layer: string, tile: TileId) => void;
}

/** Milliseconds of the first and the longest pause between two rounds. */
const FIRST = 1000;
const LONGEST = 60_000;
/** Tiles that one round asks for, while the edge is wrong and once it was right. */
const SOME = 8;
const MANY = 64;
/** A tile that no map is known to look at is forgotten so many milliseconds after it was last asked for. */
const FORGOTTEN = 300_000;
const MAX_TILES = 512;
const MAX_LAYERS = 64;

interface Open {
  tiles: Map<string, { wanted: Wanted; askedAt: number }>;
  /** The version that was in force when the pause was last the first one. */
  version: string | undefined;
  pause: number;
  /** A tile has come with the right label. */
  well: boolean;
  busy: boolean;
  /** Timers cannot be taken back: only the last one counts. */
  turn: number;
}

export function createMismatches(tools: MismatchTools): Mismatches {
  const { ledger, lookup, flights, now, random, setTimeout, looked, updated } = tools;
  const layers = new Map<string, Open>();

  const versionOf = (layer: string) => ledger.state && recordOf(ledger.state, layer).version;

  const isWrong = (subject: Subject, { meta }: Pick<Tile, 'meta'>) =>
    ledger.state !== undefined && isMismatch(recordOf(ledger.state, subject.layer.name), subject, meta);

  const schedule = (layer: string, open: Open, pause: number) => {
    open.turn += 1;
    const { turn } = open;
    // Never all browsers at once.
    setTimeout(() => void (turn === open.turn && round(layer, open)), pause * (1 - random() / 2));
  };

  const round = async (layer: string, open: Open): Promise<void> => {
    if (open.busy) return;
    open.busy = true;
    const { well } = open;
    open.well = false;
    const due: Wanted[] = [];
    // Those that were asked for last come first.
    for (const [id, { wanted, askedAt }] of [...open.tiles].reverse()) {
      const seen = looked(wanted.address);
      if (seen !== 'yes' && Math.abs(now() - askedAt) > FORGOTTEN) open.tiles.delete(id);
      else if (seen !== 'no' && due.length < (well ? MANY : SOME)) due.push(wanted);
    }
    await Promise.all(due.map((wanted) => probe(open, wanted).catch(() => {})));
    open.busy = false;
    if (open.tiles.size === 0) return void (layers.get(layer) === open && layers.delete(layer));
    open.pause = open.well ? FIRST : Math.min(open.pause * 2, LONGEST);
    schedule(layer, open, open.well ? 0 : open.pause);
  };

  const probe = async (open: Open, wanted: Wanted): Promise<void> => {
    const found = await lookup(wanted);
    const verdict = found.stored?.verdict;
    if (verdict?.rule === 'none' && !verdict.otherVersion) return void open.tiles.delete(idOf(wanted));
    const policy = { ...wanted.policy, method: 'GET', noCache: true, reload: false, range: null };
    const joined = await flights.join({ ...wanted, policy }, found, { background: true });
    if (joined) settle(wanted, await joined.exchange.outcome);
  };

  /** False: the label is wrong. */
  const settle = (wanted: Wanted, outcome: Outcome): boolean => {
    const { address, subject } = wanted;
    if (outcome.kind === 'failure') return true;
    if (isWrong(subject, outcome.tile)) return false;
    const open = layers.get(address.layer.name);
    if (!open?.tiles.delete(idOf(wanted))) return true;
    if (address.tile && !outcome.notModified) updated(address.layer.name, address.tile);
    open.well = true;
    return true;
  };

  return {
    isWrong,
    heard(wanted, outcome) {
      const layer = wanted.address.layer.name;
      const right = settle(wanted, outcome);
      const known = layers.get(layer);
      if (right) {
        // What is right for one tile is soon right for all.
        if (known?.well && !known.busy) schedule(layer, known, 0);
        return;
      }
      if (!known && layers.size >= MAX_LAYERS) return;
      const version = versionOf(layer);
      const open = known ?? { tiles: new Map(), version, pause: FIRST, well: false, busy: false, turn: 0 };
      const id = idOf(wanted);
      open.tiles.delete(id);
      open.tiles.set(id, { wanted, askedAt: now() });
      if (open.tiles.size > MAX_TILES) open.tiles.delete(open.tiles.keys().next().value as string);
      if (known && known.version === version) return;
      layers.set(layer, open);
      Object.assign(open, { version, pause: FIRST });
      schedule(layer, open, FIRST);
    },
  };
}

const idOf = ({ key, subject, address, request }: Wanted) =>
  [subject.partition, key, address.token, request.mode === 'no-cors'].join(' ');
