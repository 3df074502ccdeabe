import type { MoveInRefusal } from '../../src/shared/move-in';
import { isQuotaError } from '../index/eviction';
import { isCleared } from '../ledger/verdict';
import type { PackItem } from '../store/pack';
import { headerSize } from '../store/stored-headers';
import { encodeMeta } from '../store/tile-meta';
import { DeadlineMissed } from '../util/deadline';
import { type Candidate, refusedByRules } from './examine';
import type { WrittenPack } from './pack-writer';
import type { MovedStore } from './moved-store';
import { encodeProvenance, MOVED_HEADER, type Provenance } from './provenance';
import type { MoveInTools } from './tools';

/** The outcome for a candidate. */
export type Put = 'taken' | 'skipped' | MoveInRefusal;

/** The move that takes over the tiles. */
export interface Bringer extends Provenance {
  /** The number of entries in the old store. */
  total: number;
  /** Returns true if something else has stored or removed a tile under this key since the move began. */
  isWritten: (key: string) => boolean;
}

/**
 * Stores tiles of one cache as packs. What happens to a tile while its pack is written counts as well. Rejects with
 * `DeadlineMissed` if storage does not answer.
 */
export async function putTiles(
  candidates: readonly Candidate[],
  bringer: Bringer,
  moved: MovedStore,
  tools: MoveInTools,
): Promise<Put[]> {
  const { cacheName } = candidates[0]!.place;
  // Open the cache before reading the ledger. If somebody clears the layer in between, the handle belongs to the
  // deleted cache, and what is put there disappears with it.
  const cache = await moved.store.open(cacheName);
  const before = candidates.map((candidate) => hindrance(candidate, bringer, tools));
  const wanted = candidates.filter((_, i) => before[i] === undefined);
  if (wanted.length === 0) return before as Put[];
  const failed = new Map<string, unknown>();
  try {
    const packs = await moved.add(
      cache,
      cacheName,
      bringer.total,
      wanted.map((candidate) => itemOf(candidate, bringer)),
      (items, error) => items.forEach(({ key }) => failed.set(key, error)),
    );
    const written = wanted.filter(({ place }) => !failed.has(place.key));
    const cleared = wanted.some(
      ({ subject, meta }) => tools.ledger.state && isCleared(tools.ledger.state, subject, meta.epoch),
    );
    // The cache's name is gone, but browsers keep the bytes as long as the handle.
    if (cleared) await Promise.all(packs.map(({ key }) => moved.store.take(cache, key)));
    else note(packs, written, tools);
    const after = new Map<Candidate, Put>();
    for (const candidate of written) after.set(candidate, cleared ? 'purged' : await outcome(candidate, cache));
    return candidates.map(
      (candidate, i) => before[i] ?? after.get(candidate) ?? reasonOf(failed.get(candidate.place.key)),
    );
  } catch (error) {
    const reason = reasonOf(error);
    return before.map((put) => put ?? reason);
  }

  /** What happened to a tile while its pack was written. A tile that was removed meanwhile must not reappear. */
  async function outcome(candidate: Candidate, cache: Cache): Promise<Put> {
    const after = hindrance(candidate, bringer, tools);
    const { key } = candidate.place;
    if (after === 'skipped' && (await moved.provenance(cacheName, key)) !== 'other') await moved.hide(cache, key);
    return after ?? 'taken';
  }
}

/** Returns why a tile may not be stored now, or `undefined` if it may. */
function hindrance(
  { place, subject, headers, meta }: Candidate,
  bringer: Bringer,
  tools: MoveInTools,
): Put | undefined {
  const { state } = tools.ledger;
  if (!state || state.id !== meta.ledger) return 'storage';
  const { requestAt, responseAt } = meta;
  const refused = refusedByRules(state, subject, { status: 200, headers, requestAt, responseAt, meta }, tools);
  return refused ?? (bringer.isWritten(place.key) ? 'skipped' : undefined);
}

function itemOf({ place, headers, meta, bytes }: Candidate, bringer: Bringer): PackItem {
  const lines: Array<[string, string]> = [...headers, [MOVED_HEADER, encodeProvenance(bringer)]];
  return { key: place.key, status: 200, headers: lines, meta: encodeMeta(meta), body: bytes };
}

/** Tells the index what was stored: the bytes count for the packs, and each tile has a row of its own. */
function note(packs: readonly WrittenPack[], tiles: readonly Candidate[], { index }: Pick<MoveInTools, 'index'>): void {
  if (tiles.length === 0) return;
  const [{ place, subject }] = tiles as [Candidate];
  const where = { cacheName: place.cacheName, layer: subject.layer.name };
  // Eviction starts with what nobody has used lately, so packs go before their tiles, whose rows stand for few bytes.
  // Of a bucket, the last pack goes first.
  for (const { key, part, size } of packs) index.stored({ ...where, key, bytes: size, usedAt: -part });
  for (const { place, headers, usedAt } of tiles)
    index.stored({ ...where, key: place.key, bytes: headerSize(headers), usedAt });
}

/** Returns why a write failed. Throws a missed deadline, because it is not the fault of a single tile. */
function reasonOf(error: unknown): 'quota' | 'storage' {
  if (error instanceof DeadlineMissed) throw error;
  return isQuotaError(error) ? 'quota' : 'storage';
}
