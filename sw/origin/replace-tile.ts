import { isCleared } from '../ledger/verdict';
import { HIDES_HEADER, isNegative } from '../http/statuses';
import { sameBytes } from '../store/stored-bytes';
import { bodySize, headerSize, storedHeaders } from '../store/stored-headers';
import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';
import { isAbsentSince, isLater, isOfTheTile, isInForce, isWrong, placeFor } from './precedence';
import type { WriteTools } from './write-tools';
import type { Spare } from '../store/spare';

/** `freshened`: the stored bytes stay. `error`: the answer must not replace a tile that still stands in. */
export type WriteKind = 'new' | 'freshened' | 'error';

/** `same`: the tile replaced one with the same bytes. */
export type Written = 'no' | 'same' | 'new';

export const isOpaque = ({ response }: Tile) => response?.type === 'opaque';

/** Stores the tile in its place, if it is its turn and nothing better is there. */
export async function replaceTile(
  tools: WriteTools,
  plan: ExchangePlan,
  cache: Cache,
  tile: Tile,
  kind: WriteKind,
): Promise<Written> {
  const { store, ledger, memory, env, now, events, negatives } = tools;
  const { cacheName, key, subject } = plan;
  const { state } = ledger;
  if (!state || state.id !== plan.state.id || isAbsentSince(state, plan, tile, now())) return 'no';
  // Only the write waits for this read.
  const before = await store.match(cacheName, key, 'patiently');
  if (yields(tools, plan, before, tile, kind)) return 'no';

  const place = placeFor(plan, before, tile, env);
  const replaced = place.key === key ? before : await store.match(cacheName, place.key, 'patiently');
  if (isLater(replaced, tile, now())) return 'no';
  const { variant, group } = place;
  const written: Tile = { ...tile, headers: storedHeaders(tile), meta: { ...tile.meta, variant, group } };
  const negative = isNegative(tile);
  if (negative) {
    const effect = await negatives.settle({ subject, cacheName, cache, key: place.key, before: replaced }, tile);
    if (effect === 'known') return 'no';
    if (effect === 'hides') written.headers.set(HIDES_HEADER, '1');
  }
  const shown = replaced ?? plan.candidates[0];
  const same =
    kind === 'freshened' ||
    (kind === 'new' &&
      shown !== undefined &&
      !isOpaque(tile) &&
      sameBytes(await tools.bytesOf(plan, shown), tile.bytes));
  // Make one body for the store and the memory tier: each body made of bytes costs a call that waits for the browser
  // process.
  const body = tile.bytes && new Blob([tile.bytes]);
  if (body) written.blob = body;
  await put(tools, cache, place.key, written, { cacheName, keys: [key, place.key], bytes: bodySize(tile) });
  // The tile was cleared during the write: the cache's name is gone, but browsers keep the bytes as long as the handle.
  if (ledger.state && isCleared(ledger.state, subject, plan.state.epoch)) {
    await store.take(cache, place.key);
    return 'no';
  }
  if (body) memory.set(cacheName, place.key, inMemory(written, body, cacheName, place.key));
  else memory.delete(cacheName, place.key);
  events.stored(plan, cacheName, place.key, bodySize(tile) + headerSize(written.headers));
  if (!negative && replaced?.headers.has(HIDES_HEADER)) await negatives.drop(cacheName, place.key);
  if (kind === 'new' && shown && !same && !isOpaque(tile)) events.updated(plan);
  return same ? 'same' : 'new';
}

/** True if the tile that is stored, or was when the request went out, is better than the new one. */
function yields(
  { ledger: { state }, now }: WriteTools,
  plan: ExchangePlan,
  before: Tile | undefined,
  tile: Tile,
  kind: WriteKind,
) {
  const discards = plan.address.layer.versionPolicy === 'discard';
  if (isWrong(state, plan, tile) && (discards || isInForce(state, plan, before, now()))) return true;
  return kind === 'error' && [before, ...plan.candidates].some((one) => one && isOfTheTile(state, plan, one, now()));
}

/** Writes the tile, and tries a second time if eviction can make room. */
async function put({ store, events }: WriteTools, cache: Cache, key: string, tile: Tile, spare: Spare): Promise<void> {
  try {
    await store.put(cache, key, tile);
  } catch (error) {
    if (!(await events.full(error, spare))) throw error;
    await store.put(cache, key, tile).catch((again: unknown) => {
      events.crowded();
      throw again;
    });
  }
}

/** Returns the tile with a Blob in place of its bytes, so that the browser holds them and not the worker's heap. */
function inMemory({ bytes: _, response: __, ...tile }: Tile, blob: Blob, cacheName: string, key: string): Tile {
  return { ...tile, cacheName, key, blob };
}
