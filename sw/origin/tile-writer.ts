import { mayStore } from '../http/storability';
import type { Subject } from '../ledger/subject';
import { isSuperseded } from '../ledger/verdict';
import { isNegative, saysNothing } from '../http/statuses';
import { storedHeaders } from '../store/stored-headers';
import type { Tile } from '../store/tile-store';
import { DeadlineMissed, within } from '../util/deadline';
import type { ExchangePlan } from './exchange-plan';
import { createNegatives } from './negatives';
import { isWrong, unseenIn } from './precedence';
import { isOpaque, replaceTile, type WriteKind, type Written } from './replace-tile';
import { createWriteQueue, type WriteQueue } from './write-queue';
import type { WriteTools, WriterTools } from './write-tools';

/** Decides which tiles of an exchange to store, and stores them. */
export interface TileWriter {
  /**
   * Stores the tile in its place. Resolves with `no` if the tile may not be stored, or if storage failed. Never
   * rejects.
   */
  write(plan: ExchangePlan, tile: Tile, kind: WriteKind): Promise<Written>;
  /**
   * Gives a stored tile new headers, unless another tile has taken its place. Removes a tile that may not be stored
   * under its new headers. Rejects when storage does, or does not answer within a second.
   */
  rewrite(cacheName: string, key: string, subject: Subject, before: Tile, tile: Tile): Promise<void>;
  /** Removes the entry under this key. Rejects when storage does. */
  remove(cacheName: string, key: string): Promise<void>;
  /** Queues work with the other writes of a key; the queue's name is `cacheName key`. */
  inLine: WriteQueue;
}

/** Milliseconds that a caller waits for a tile to be stored. */
const WRITE_MS = 1000;

export function createTileWriter(tools: WriterTools): TileWriter {
  const { store, memory, ledger, bytesOf, now, events } = tools;
  const negatives = createNegatives({
    store,
    memory,
    ledger,
    now,
    bytesOf,
    moved: ({ layer }, cacheName, key, bytes) => events.moved(layer.name, cacheName, key, bytes),
  });
  const shared: WriteTools = { ...tools, negatives, inLine: createWriteQueue() };
  return {
    write: (plan, tile, kind) =>
      write(shared, plan, tile, kind).catch((error: unknown) => {
        events.failed(error);
        return 'no';
      }),
    rewrite: (cacheName, key, subject, before, tile) =>
      within(
        shared.inLine(lineOf(cacheName, key), tile.meta.epoch, async (newest) => {
          if (newest) await rewriteIfSame(shared, cacheName, key, subject, before, tile);
        }),
        WRITE_MS,
        tools.timers,
      ),
    remove: (cacheName, key) => remove(shared, cacheName, key),
    inLine: shared.inLine,
  };
}

const lineOf = (cacheName: string, key: string) => `${cacheName} ${key}`;

async function write(shared: WriteTools, plan: ExchangePlan, tile: Tile, kind: WriteKind): Promise<Written> {
  const { ledger, timers, events } = shared;
  const { layer } = plan.address;
  const opaque = isOpaque(tile);
  if (opaque && !layer.opaque) events.opaque(plan);
  if (isWrong(ledger.state, plan, tile)) events.mismatch(plan, tile.meta.version);
  const field = unseenIn(plan, tile, shared.env);
  if (field !== undefined) events.unseen(plan, field);
  const { status, headers } = tile;
  const request = { method: 'GET', noStore: plan.noStore };
  if (!mayStore(request, { status, headers, type: opaque ? 'opaque' : 'basic' }, layer).store) {
    // A definite answer that may not be stored overrules the stored tile: never use that unvalidated again.
    const good = plan.primary ?? plan.candidates[0];
    if (good && !plan.noStore && overrules(shared, plan, good, tile))
      // The tile of an older version is in another cache. For a URL with a token, it may be one that only stands in.
      for (const { cacheName = plan.cacheName, key = plan.key } of [plan, plan.subject.asked ? plan : good])
        await remove(shared, cacheName, key);
    return 'no';
  }
  const storing = shared.inLine(lineOf(plan.cacheName, plan.key), tile.meta.epoch, async (newest) => {
    const cache = newest && (await plan.cache);
    return cache ? replaceTile(shared, plan, cache, tile, kind) : 'no';
  });
  try {
    return await within(storing, WRITE_MS, timers);
  } catch (error) {
    if (!(error instanceof DeadlineMissed)) throw error;
    // The tile may still be stored; only the wait is over.
    storing.catch(events.failed);
    return 'no';
  }
}

async function rewriteIfSame(
  shared: WriteTools,
  cacheName: string,
  key: string,
  subject: Subject,
  before: Tile,
  tile: Tile,
): Promise<void> {
  const { store, memory, ledger } = shared;
  // Open the cache before asking the ledger: a tile put after a clearing must vanish with the deleted cache.
  const cache = await store.open(cacheName, 'patiently');
  const { state } = ledger;
  if (!state || isSuperseded(state, subject, tile.meta.epoch)) return;
  const found = await store.match(cacheName, key, 'patiently');
  if (found?.meta.requestAt !== before.meta.requestAt || found.meta.responseAt !== before.meta.responseAt) return;
  const { status, headers } = tile;
  const { store: allowed } = mayStore(
    { method: 'GET', noStore: false },
    { status, headers, type: 'basic' },
    subject.layer,
  );
  if (!allowed) return remove(shared, cacheName, key);
  await store.put(cache, key, { ...tile, headers: storedHeaders(tile) });
  memory.delete(cacheName, key);
}

async function remove({ store, memory, negatives }: WriteTools, cacheName: string, key: string): Promise<void> {
  memory.delete(cacheName, key);
  await store.delete(cacheName, key);
  // A hit that read the tile meanwhile may have put it back into memory.
  memory.delete(cacheName, key);
  await negatives.drop(cacheName, key);
}

/**
 * True for an answer, a tile or proof that there is none, that may not be stored: then the stored tile must not be used
 * unvalidated again.
 */
function overrules({ negatives }: WriteTools, plan: ExchangePlan, good: Tile, tile: Tile): boolean {
  if (saysNothing(tile.status)) return false;
  return !isNegative(tile) || isNegative(good) || negatives.retires(plan.subject, good, tile);
}
