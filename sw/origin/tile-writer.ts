import { mayStore } from '../http/storability';
import type { VaryEnvironment } from '../http/vary';
import type { Ledger } from '../ledger/ledger';
import { isCleared, isSuperseded, type Subject } from '../ledger/verdict';
import { HIDES_HEADER, isNegative, saysNothing } from '../policy/statuses';
import type { MemoryTier } from '../store/memory-tier';
import { sameBytes, type StoredBytes } from '../store/stored-bytes';
import { bodySize, headerSize, storedHeaders } from '../store/stored-headers';
import type { Tile, TileStore } from '../store/tile-store';
import { DeadlineMissed, type Timers, within } from '../util/deadline';
import type { ExchangePlan } from './exchange-plan';
import { createNegatives, type Negatives } from './negatives';
import { isAbsentSince, isLater, isOfTheTile, isRight, isWrong, placeFor, unseenIn } from './precedence';
import { createWriteQueue, type WriteQueue } from './write-queue';

/** `freshened`: the bytes are those that were stored. `error`: it must not replace a tile that still stands in. */
export type WriteKind = 'new' | 'freshened' | 'error';

/** Decides what of an exchange is stored, and stores it. */
export interface TileWriter {
  /** Stores the tile where it belongs; false when it may not be, or storage failed. Never rejects. */
  write(plan: ExchangePlan, tile: Tile, kind: WriteKind): Promise<boolean>;
  /** Replaces a stored tile by itself with other headers, unless another has taken its place; removes what may not be stored under them. Rejects when storage does. */
  rewrite(cacheName: string, key: string, subject: Subject, before: Tile, tile: Tile): Promise<void>;
  /** What is stored under this key is gone. Rejects when storage does. */
  remove(cacheName: string, key: string): Promise<void>;
}

/** What must not make room: the tile under a key that is about to be replaced, and the first variant, by which it is found. */
export interface Spare {
  cacheName: string;
  keys: readonly string[];
  /** Of the tile that needs room. */
  bytes: number;
}

/** What else happens when tiles are written or go. */
export interface WriterEvents {
  /** A tile's bytes differ from those stored before. */
  updated(plan: ExchangePlan): void;
  stored(plan: ExchangePlan, cacheName: string, key: string, bytes: number): void;
  /** A tile of the layer lies under another key now. */
  moved(layer: string, cacheName: string, key: string, bytes: number): void;
  /** Makes room for so many bytes, and spares what is being replaced; true when a second try is worth it. */
  full(error: unknown, spare: Spare): Promise<boolean>;
  /** There is no room although some was made. */
  crowded(): void;
  failed(error: unknown): void;
  opaque(plan: ExchangePlan): void;
  mismatch(plan: ExchangePlan, version: string): void;
  /** The tile varies on a field that the worker cannot see: it is never used unvalidated. */
  unseen(plan: ExchangePlan, field: string): void;
}

export interface WriterTools {
  store: TileStore;
  memory: MemoryTier;
  ledger: Ledger;
  bytesOf: StoredBytes;
  env: VaryEnvironment;
  now: () => number;
  timers: Timers;
  events: WriterEvents;
}

/** What the functions below share. */
interface Desk extends WriterTools {
  negatives: Negatives;
  inLine: WriteQueue;
}

/** Milliseconds that whoever waits for a tile waits for it to be stored. */
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
  const desk: Desk = { ...tools, negatives, inLine: createWriteQueue() };
  return {
    write: (plan, tile, kind) =>
      write(desk, plan, tile, kind).catch((error: unknown) => {
        events.failed(error);
        return false;
      }),
    rewrite: (cacheName, key, subject, before, tile) =>
      desk.inLine(lineOf(cacheName, key), tile.meta.epoch, async (newest) => {
        if (newest) await rewriteIfSame(desk, cacheName, key, subject, before, tile);
      }),
    remove: (cacheName, key) => remove(desk, cacheName, key),
  };
}

const lineOf = (cacheName: string, key: string) => `${cacheName} ${key}`;

async function write(desk: Desk, plan: ExchangePlan, tile: Tile, kind: WriteKind): Promise<boolean> {
  const { ledger, timers, events } = desk;
  const { layer } = plan.address;
  const opaque = isOpaque(tile);
  if (opaque && !layer.opaque) events.opaque(plan);
  if (isWrong(ledger.state, plan, tile)) events.mismatch(plan, tile.meta.version);
  const field = unseenIn(plan, tile, desk.env);
  if (field !== undefined) events.unseen(plan, field);
  const cache = await plan.cache;
  if (!cache) return false;
  const { status, headers } = tile;
  const request = { method: 'GET', noStore: plan.noStore };
  if (!mayStore(request, { status, headers, type: opaque ? 'opaque' : 'basic' }, layer).store) {
    // A definite answer that may not be stored overrules what is: never use that unvalidated again.
    const good = plan.primary ?? plan.candidates[0];
    if (good && !plan.noStore && overrules(desk, plan, good, tile)) await remove(desk, plan.cacheName, plan.key);
    return false;
  }
  const storing = desk.inLine(lineOf(plan.cacheName, plan.key), tile.meta.epoch, async (newest) =>
    newest ? replace(desk, plan, cache, tile, kind) : false,
  );
  try {
    return await within(storing, WRITE_MS, timers);
  } catch (error) {
    if (!(error instanceof DeadlineMissed)) throw error;
    // It may be stored yet; only the wait is over.
    storing.catch(events.failed);
    return false;
  }
}

/** In the tile's place, if it is its turn and nothing better is there. */
async function replace(desk: Desk, plan: ExchangePlan, cache: Cache, tile: Tile, kind: WriteKind): Promise<boolean> {
  const { store, ledger, memory, env, now, events, negatives } = desk;
  const { cacheName, key, subject } = plan;
  const { state } = ledger;
  if (!state || state.id !== plan.state.id || isAbsentSince(state, plan, tile, now())) return false;
  const before = await store.match(cacheName, key);
  if (yields(desk, plan, before, tile, kind)) return false;

  const place = placeFor(plan, before, tile, env);
  const replaced = place.key === key ? before : await store.match(cacheName, place.key);
  if (isLater(replaced, tile, now())) return false;
  const { variant, group } = place;
  const written: Tile = { ...tile, headers: storedHeaders(tile), meta: { ...tile.meta, variant, group } };
  const negative = isNegative(tile);
  if (negative) {
    const effect = await negatives.settle({ subject, cacheName, cache, key: place.key, before: replaced }, tile);
    if (effect === 'known') return false;
    if (effect === 'hides') written.headers.set(HIDES_HEADER, '1');
  }
  const shown = replaced ?? plan.candidates[0];
  const changed = kind === 'new' && shown && !isOpaque(tile) && !sameBytes(await desk.bytesOf(plan, shown), tile.bytes);
  await put(desk, cache, place.key, written, { cacheName, keys: [key, place.key], bytes: bodySize(tile) });
  // Cleared while it was written: its cache is gone by name, and browsers keep the bytes as long as the handle.
  if (ledger.state && isCleared(ledger.state, subject, plan.state.epoch)) {
    await store.take(cache, place.key);
    return false;
  }
  const body = tile.blob ?? (tile.bytes && new Blob([tile.bytes]));
  if (body) memory.set(cacheName, place.key, inMemory(written, body, cacheName, place.key));
  else memory.delete(cacheName, place.key);
  events.stored(plan, cacheName, place.key, bodySize(tile) + headerSize(written.headers));
  if (!negative && replaced?.headers.has(HIDES_HEADER)) await negatives.drop(cacheName, place.key);
  if (changed) events.updated(plan);
  return true;
}

/** What is stored, or was when the request went out, is better than what has come. */
function yields(
  { ledger: { state }, now }: Desk,
  plan: ExchangePlan,
  before: Tile | undefined,
  tile: Tile,
  kind: WriteKind,
) {
  const discards = plan.address.layer.versionPolicy === 'discard';
  if (isWrong(state, plan, tile) && (discards || isRight(state, plan, before, now()))) return true;
  return kind === 'error' && [before, ...plan.candidates].some((one) => one && isOfTheTile(state, plan, one, now()));
}

/** Tries twice where room can be made. */
async function put({ store, events }: Desk, cache: Cache, key: string, tile: Tile, spare: Spare): Promise<void> {
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

async function rewriteIfSame(
  desk: Desk,
  cacheName: string,
  key: string,
  subject: Subject,
  before: Tile,
  tile: Tile,
): Promise<void> {
  const { store, memory, ledger } = desk;
  // Opened before the ledger is asked: what is put after a clearing must vanish with the deleted cache.
  const cache = await store.open(cacheName);
  const { state } = ledger;
  if (!state || isSuperseded(state, subject, tile.meta.epoch)) return;
  const found = await store.match(cacheName, key);
  if (found?.meta.requestAt !== before.meta.requestAt || found.meta.responseAt !== before.meta.responseAt) return;
  const { status, headers } = tile;
  const { store: allowed } = mayStore(
    { method: 'GET', noStore: false },
    { status, headers, type: 'basic' },
    subject.layer,
  );
  if (!allowed) return remove(desk, cacheName, key);
  await store.put(cache, key, { ...tile, headers: storedHeaders(tile) });
  memory.delete(cacheName, key);
}

async function remove({ store, memory, negatives }: Desk, cacheName: string, key: string): Promise<void> {
  memory.delete(cacheName, key);
  await store.delete(cacheName, key);
  // A hit that was reading it meanwhile may have put it back.
  memory.delete(cacheName, key);
  await negatives.drop(cacheName, key);
}

/** A tile, or proof that there is none, that may not be stored: what is stored must not be used unvalidated again. */
function overrules({ negatives }: Desk, plan: ExchangePlan, good: Tile, tile: Tile): boolean {
  if (saysNothing(tile.status)) return false;
  return !isNegative(tile) || isNegative(good) || negatives.retires(plan.subject, good, tile);
}

const isOpaque = ({ response }: Tile) => response?.type === 'opaque';

/** Without the bytes on the worker's heap: the browser holds them. */
function inMemory({ bytes: _, response: __, ...tile }: Tile, blob: Blob, cacheName: string, key: string): Tile {
  return { ...tile, cacheName, key, blob };
}
