import type { Wanted } from '../lookup/wanted';
import type { Outcome } from '../origin/outcome';
import type { NetworkHealth } from '../origin/health';
import type { Viewports } from '../origin/viewports';
import type { Tile } from '../store/tile-store';

/** A layer for which an edge still sends tiles of another version than the one in force. */
export interface LaggingLayer {
  /** The tiles that the edge has not sent in the right version, the last requested one at the end. */
  tiles: Map<string, LaggingTile>;
  /** Epoch milliseconds at which the rounds of requests began. */
  since: number;
  /** The version in force when the rounds began: a new one begins them anew. */
  version: string | undefined;
  /** Milliseconds until the next round. */
  pause: number;
  /** True once a tile has come with the right label. */
  well: boolean;
  /** True while a round requests tiles. */
  busy: boolean;
  /** The number of the last timer: timers cannot be cancelled, so only the last one counts. */
  turn: number;
}

interface LaggingTile {
  wanted: Wanted;
  /** Epoch milliseconds of the last request. */
  askedAt: number;
  /** The validator or length of an answer without a label, which tells its bytes from others. */
  mark?: string;
  /**
   * True if the bytes have changed since the switch. Pages are told once, because some origins never send the same
   * bytes twice.
   */
  changed?: boolean;
}

/** Milliseconds from a tile's last request until the worker forgets a tile that no map is known to look at. */
const FORGOTTEN = 300_000;
const MAX_TILES = 512;

/** Adds a tile that has come in the wrong version, at the end; the one requested longest ago may have to go. */
export function addTile({ tiles }: LaggingLayer, wanted: Wanted, outcome: Outcome, askedAt: number): void {
  const id = idOf(wanted);
  const { mark, changed } = tiles.get(id) ?? markIn(outcome);
  tiles.delete(id);
  tiles.set(id, { wanted, askedAt, ...(mark !== undefined && { mark }), ...(changed && { changed }) });
  if (tiles.size > MAX_TILES) tiles.delete(tiles.keys().next().value as string);
}

/** Notes if the bytes differ from those of the last answer: then the layer's other tiles soon change as well. */
export function compare(lagging: LaggingLayer, suspect: LaggingTile, tile: Tile): void {
  const mark = markOf(tile);
  if (suspect.mark !== undefined && suspect.mark !== mark && !suspect.changed) {
    suspect.changed = true;
    lagging.well = true;
  }
  suspect.mark = mark;
}

/**
 * Returns at most so many tiles to request now, the last requested one first, and forgets those that nobody has looked
 * at for long.
 */
export function dueTiles(
  { tiles }: LaggingLayer,
  most: number,
  at: number,
  inView: Viewports['inView'],
  holds: NetworkHealth['holds'],
): Wanted[] {
  const due: Wanted[] = [];
  for (const [id, { wanted, askedAt }] of [...tiles].reverse()) {
    const { address, request } = wanted;
    const seen = inView(address);
    if (seen !== 'yes' && Math.abs(at - askedAt) > FORGOTTEN) tiles.delete(id);
    else if (seen !== 'no' && due.length < most && !holds(address.layer.name, request.url)) due.push(wanted);
  }
  return due;
}

export const idOf = ({ key, subject, address, request }: Wanted) =>
  [subject.partition, key, address.token, request.mode === 'no-cors'].join(' ');

const markOf = ({ headers, bytes }: Tile) =>
  headers.get('etag') ?? headers.get('last-modified') ?? String(bytes?.byteLength);

const markIn = (outcome: Outcome): Pick<LaggingTile, 'mark' | 'changed'> =>
  outcome.kind === 'failure' || outcome.tile.meta.version !== '' ? {} : { mark: markOf(outcome.tile) };
