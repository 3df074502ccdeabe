import type { MoveInRefusal } from '../../src/shared/move-in';
import { isQuotaError } from '../index/eviction';
import { isCleared } from '../ledger/verdict';
import { headerSize } from '../store/stored-headers';
import { DeadlineMissed } from '../util/deadline';
import { type Candidate, refusedByRules } from './examine';
import type { MovedStore } from './moved-store';
import { encodeReference, REFERENCE_HEADER } from './reference';
import type { MoveInTools } from './tools';

/** The outcome for a candidate. */
export type Put = 'taken' | 'skipped' | MoveInRefusal;

/** The move that takes over the tiles. */
export interface Bringer {
  job: string;
  /** The name of the old store. */
  from: string;
  /** Returns true if something else has stored a tile under this key since the move began. */
  isWritten: (key: string) => boolean;
}

/** Number of references that are written at the same time. */
const AT_ONCE = 64;

/**
 * Stores tiles of one cache: first their bodies as one pack, then a reference to each. Rejects with `DeadlineMissed` if
 * storage does not answer.
 */
export async function putPack(
  candidates: readonly Candidate[],
  bringer: Bringer,
  moved: MovedStore,
  tools: MoveInTools,
): Promise<Map<Candidate, Put>> {
  const { ledger, index } = tools;
  const results = new Map<Candidate, Put>();
  const { cacheName } = candidates[0]!.place;
  // Open the cache before reading the ledger. If somebody clears the layer in between, the handle belongs to the
  // deleted cache, and what is put there disappears with it.
  const cache = await moved.store.open(cacheName);
  const bytes = joined(candidates);
  let pack: string;
  try {
    pack = await moved.writePack(cache, cacheName, bytes);
  } catch (error) {
    const reason = reasonOf(error);
    for (const candidate of candidates) results.set(candidate, reason);
    return results;
  }
  const { layer } = candidates[0]!.subject;
  // Eviction starts with what nobody has used lately. The pack has `usedAt: 0`, so it goes before its references,
  // which take little room.
  index.stored({ cacheName, key: pack, layer: layer.name, bytes: bytes.length, usedAt: 0 });

  let offset = 0;
  const placed = candidates.map((candidate) => {
    const at = offset;
    offset += candidate.bytes.length;
    return { candidate, at };
  });
  const one = async ({ candidate, at }: (typeof placed)[number]): Promise<Put> => {
    const { place, subject, meta, headers } = candidate;
    const { state } = ledger;
    if (!state || state.id !== meta.ledger) return 'storage';
    const { requestAt, responseAt } = meta;
    const refused = refusedByRules(state, subject, { status: 200, headers, requestAt, responseAt, meta }, tools);
    if (refused) return refused;
    // `inLine` orders the writes of a key: an earlier one from the network has ended and was noted, a later one
    // replaces this reference.
    if (bringer.isWritten(place.key)) return 'skipped';
    const length = candidate.bytes.length;
    const { job, from } = bringer;
    headers.set(REFERENCE_HEADER, encodeReference({ pack, offset: at, length, job, from, meta }));
    await moved.writeReference(cache, place.key, headers);
    if (ledger.state && isCleared(ledger.state, subject, meta.epoch)) {
      await moved.store.take(cache, place.key);
      return 'purged';
    }
    const { key } = place;
    index.stored({ cacheName, key, layer: layer.name, bytes: headerSize(headers), usedAt: candidate.usedAt });
    return 'taken';
  };
  const waiting = [...placed];
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const mine = next;
      const { place } = mine.candidate;
      const line = `${place.cacheName} ${place.key}`;
      const put = tools.inLine(line, mine.candidate.meta.epoch, async (newest): Promise<Put> =>
        newest ? one(mine) : 'skipped',
      );
      results.set(mine.candidate, await put.catch(reasonOf));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** Returns why a write failed. Throws a missed deadline, because it is not the fault of a single tile. */
function reasonOf(error: unknown): 'quota' | 'storage' {
  if (error instanceof DeadlineMissed) throw error;
  return isQuotaError(error) ? 'quota' : 'storage';
}

function joined(candidates: readonly Candidate[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(candidates.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of candidates) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}
