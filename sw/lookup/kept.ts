import { isNegative } from '../http/statuses';
import { currentAge, freshnessLifetime } from '../http/freshness';
import { mayServeOnError } from '../policy/decide';
import type { LayerRecord } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import type { Verdict } from '../ledger/verdict';
import type { Patiently, Tile } from '../store/tile-store';
import type { Found } from './found';

/** A tile that a region holds. Its body has not been read yet. */
export interface KeptTile {
  /** The region's id. */
  region?: string;
  /** The tile without its body. */
  tile: Tile;
  /** Resolves with the tile and its body, or with `undefined` if the body is damaged or gone. */
  read(): Promise<Tile | undefined>;
}

/** A pack of a region's tiles, as lists show it. */
export interface KeptPack {
  /** Its index among all packs. */
  at: number;
  /** The region's id. */
  region: string;
  /** The layer's name. */
  layer: string;
  /** Its tiles, without their bodies. */
  entries: ReadonlyArray<{ key: string; bytes: number; tile: Tile }>;
}

/** The tiles of regions, which eviction does not touch. */
export interface KeptTiles {
  /** Finds a region's tile. Returns `undefined` synchronously if no region holds it. */
  find(
    subject: Subject,
    key: string,
    request: Pick<Request, 'headers'>,
    patiently?: Patiently,
  ): Promise<KeptTile | undefined> | undefined;
  /** Packs from index `from` on, in an order that is stable while no region changes. @default no packs */
  packs?(layer: string | undefined, from: number): AsyncIterable<KeptPack>;
}

/** True for a region's tile that was requested before the layer switched caches. */
export const isBefore = ({ meta }: Tile, record: LayerRecord): boolean => meta.epoch < record.since;

/** True if, by all that the ledger knows, the tile is the one that the request asks for. */
export const isRight = (verdict: Verdict | undefined) => verdict?.rule === 'none' && !verdict.otherVersion;

/**
 * True if the region's tile is the answer rather than the tile in the cache. If the rules allow both, the one requested
 * later wins. For a style and its resources the region's always wins, because they belong to one edition.
 * `patiently`: the network has failed.
 */
export function prefersKept(
  found: Found,
  kept: Tile,
  verdict: Verdict,
  subject: Subject,
  now: number,
  patiently?: Patiently,
): boolean {
  const { stored } = found;
  if (verdict.rule === 'absent') return false;
  if (!stored || stored.verdict.rule === 'absent' || found.unsureVariant) return true;
  const { tile } = stored;
  // A newer tile that may not be shown without its origin must not hide the region's.
  const mayShow = (one: Tile, ruled: Verdict) =>
    mayServeOnError({ ...one, kept: true }, subject.layer, now, { gone: true }, undefined, ruled);
  if (patiently && !isNegative(tile) && !mayShow(tile, stored.verdict) && mayShow(kept, verdict)) return true;
  if (isRight(verdict) !== isRight(stored.verdict)) return isRight(verdict);
  if (!subject.tile) return true;
  // A negative answer hides a tile only while it is fresh.
  if (isNegative(tile) && !isNegative(kept) && freshnessLifetime(tile, subject.layer).lifetime <= currentAge(tile, now))
    return true;
  return requestedAt(kept, now) > requestedAt(tile, now);
}

/** Milliseconds by which a time in the future goes back, so that it comes before every other time. */
const AGES = 1e15;

/**
 * The time of the request by the right clock, if known. A time in the future comes from a clock that was set back
 * since.
 */
export function requestedAt({ requestAt, clockAhead = 0 }: Tile, now: number): number {
  const at = requestAt - clockAhead;
  return at > now ? at - AGES : at;
}
