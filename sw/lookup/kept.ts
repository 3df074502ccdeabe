import { isNegative } from '../http/statuses';
import { currentAge, freshnessLifetime } from '../http/freshness';
import { mayServeOnError } from '../policy/decide';
import type { LayerRecord } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import type { Verdict } from '../ledger/verdict';
import type { Patiently, Tile } from '../store/tile-store';
import type { Found } from './found';

/** A tile that a region holds; its body is not read yet. */
export interface KeptTile {
  /** The region's id. */
  region?: string;
  /** Without its body. */
  tile: Tile;
  /** With its body; undefined where that is damaged or gone. */
  read(): Promise<Tile | undefined>;
}

/** A pack of a region's tiles, as lists show it. */
export interface KeptPack {
  /** Its place among all packs. */
  at: number;
  /** The region's id. */
  region: string;
  /** The layer's name. */
  layer: string;
  /** Its tiles, without their bodies. */
  entries: ReadonlyArray<{ key: string; bytes: number; tile: Tile }>;
}

/** Tiles that are kept whatever happens to the others. */
export interface KeptTiles {
  /** Undefined, at once, where no region holds such a tile. */
  find(
    subject: Subject,
    key: string,
    request: Pick<Request, 'headers'>,
    patiently?: Patiently,
  ): Promise<KeptTile | undefined> | undefined;
  /** Packs from the `from`th on, in an order that stays while no region changes. @default there are none */
  packs?(layer: string | undefined, from: number): AsyncIterable<KeptPack>;
}

/** True for a tile of a region that was stored before the layer's cache was switched. */
export const isBefore = ({ meta }: Tile, record: LayerRecord): boolean => meta.epoch < record.since;

const isRight = (verdict: Verdict | undefined) => verdict?.rule === 'none' && !verdict.otherVersion;

/**
 * Whether the region's tile is the answer and not what lies beside it. Of two that the rules allow it is the one that was
 * asked for later; of a style and what belongs to it, always the region's: they are of one edition. `patiently`: the
 * network has failed.
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
  // What a map got later and may not show without its origin takes nothing of a region away.
  const mayShow = (one: Tile, ruled: Verdict) =>
    mayServeOnError({ ...one, kept: true }, subject.layer, now, { gone: true }, undefined, ruled);
  if (patiently && !isNegative(tile) && !mayShow(tile, stored.verdict) && mayShow(kept, verdict)) return true;
  if (isRight(verdict) !== isRight(stored.verdict)) return isRight(verdict);
  if (!subject.tile) return true;
  // An answer that says that there is no tile hides one for as long as it lives.
  if (isNegative(tile) && !isNegative(kept) && freshnessLifetime(tile, subject.layer).lifetime <= currentAge(tile, now))
    return true;
  return kept.requestAt > tile.requestAt;
}
