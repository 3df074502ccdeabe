import type { ExchangePlan } from './exchange-plan';
import { type Ledger, recordOf } from '../ledger/ledger';
import type { MemoryTier } from '../store/memory-tier';
import { checkBody } from '../policy/plausible';
import { HIDES_HEADER, isNegative, saysNothing } from '../policy/statuses';
import { createNegatives } from './negatives';
import { isMismatch, judge, overtaken, type Subject } from '../ledger/verdict';
import { mayStore, storableHeaders } from '../http/storability';
import { variantKey } from '../store/tile-key';
import type { Tile, TileStore } from '../store/tile-store';
import { DeadlineMissed, type Timers, within } from '../util/deadline';
import { variantIn, varyFields, type VaryEnvironment } from '../http/vary';

/** `freshened`: the bytes are those that were stored. `error`: it must not replace a tile that still stands in. */
export type KeepKind = 'new' | 'freshened' | 'error';

/** Decides what of an exchange is kept, and keeps it. */
export interface Keeper {
  /** Why these bytes cannot be a tile; undefined when they can. */
  refuses(plan: ExchangePlan, tile: Tile, type: ResponseType): string | undefined;
  /** Stores the tile where it belongs; false when it may not be, or storage failed. Never rejects. */
  keep(plan: ExchangePlan, tile: Tile, kind: KeepKind): Promise<boolean>;
  /** The bytes of a stored tile, read again if its body went to a page. */
  bytesOf(where: { cacheName: string; key: string }, tile: Tile): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Replaces a stored tile by itself with other headers, unless another has taken its place; forgets what may not be stored under them. Rejects when storage does. */
  rewrite(cacheName: string, key: string, subject: Subject, before: Tile, tile: Tile): Promise<void>;
  /** What is stored under this key is gone. Rejects when storage does. */
  forget(cacheName: string, key: string): Promise<void>;
}

/** What must not make room: the tile under a key that is about to be replaced, and the first variant, by which it is found. */
export interface Spare {
  cacheName: string;
  keys: readonly string[];
  /** Of the tile that needs room. */
  bytes: number;
}

/** What else happens when tiles are kept or go. */
export interface KeeperEvents {
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
  /** A body is no tile; why. */
  refused(plan: ExchangePlan, reason: string): void;
}

interface KeeperTools {
  store: TileStore;
  memory: MemoryTier;
  ledger: Ledger;
  env: VaryEnvironment;
  now: () => number;
  timers: Timers;
  events: KeeperEvents;
}

/** Milliseconds that whoever waits for a tile waits for it to be stored. */
const KEEP_MS = 1000;

export function createKeeper({ store, memory, ledger, env, now, timers, events }: KeeperTools): Keeper {
  // Puts of one key one after another: a slow older put must not overwrite a newer one.
  const lines = new Map<string, { last: Promise<unknown>; epoch: number }>();

  const inLine = <T>(id: string, epoch: number, work: (newest: boolean) => Promise<T>): Promise<T> => {
    const line = lines.get(id) ?? { last: Promise.resolve(), epoch: 0 };
    const newest = epoch >= line.epoch;
    const run = line.last.then(() => work(newest));
    const next = { last: run.catch(() => {}), epoch: Math.max(epoch, line.epoch) };
    lines.set(id, next);
    void next.last.then(() => lines.get(id) === next && lines.delete(id));
    return run;
  };

  const allowed = (plan: ExchangePlan, tile: Tile, type: ResponseType) =>
    mayStore(
      { method: 'GET', noStore: plan.noStore },
      { status: tile.status, headers: tile.headers, type },
      plan.address.layer,
    ).store;

  const write = async (cache: Cache, key: string, tile: Tile, spare: Spare): Promise<void> => {
    try {
      await store.put(cache, key, tile);
    } catch (error) {
      if (!(await events.full(error, spare))) throw error;
      await store.put(cache, key, tile).catch((again: unknown) => {
        events.crowded();
        throw again;
      });
    }
  };

  /** Of two answers that the same rules allow, the one that was asked for later is the tile. Clocks go back: what comes from the future is not later. */
  const isLater = (stored: Tile | undefined, tile: Tile) =>
    stored !== undefined &&
    stored.meta.ledger === tile.meta.ledger &&
    stored.meta.epoch === tile.meta.epoch &&
    stored.meta.requestAt > tile.meta.requestAt &&
    stored.meta.requestAt <= now();

  const negatives = createNegatives({
    store,
    memory,
    ledger,
    now,
    bytesOf: (where, tile) => keeper.bytesOf(where, tile),
    moved: ({ layer }, cacheName, key, bytes) => events.moved(layer.name, cacheName, key, bytes),
  });

  const keeper: Keeper = {
    refuses(plan, tile, type) {
      const { request, address, candidates } = plan;
      const stored = candidates.find((one) => !saysNothing(one.status) && !isNegative(one));
      const reason = checkBody(tile.status, tile.headers, tile.bytes ?? new Uint8Array(), address.layer, type, {
        url: request.url,
        destination: request.destination,
        storedType: stored?.headers.get('content-type') ?? null,
      });
      if (reason) events.refused(plan, reason);
      return reason;
    },

    async bytesOf(where, tile) {
      if (tile.bytes) return tile.bytes;
      const read = async (body: Response | Blob | undefined) => body && new Uint8Array(await body.arrayBuffer());
      try {
        if (tile.blob) return await read(tile.blob);
        if (tile.response && !tile.response.bodyUsed) tile.bytes = (await read(tile.response))!;
        else {
          const again = await store.match(tile.cacheName ?? where.cacheName, tile.key ?? where.key);
          const bytes = again?.meta.responseAt === tile.responseAt ? await read(again.response) : undefined;
          if (bytes) tile.bytes = bytes;
        }
      } catch {
        return undefined;
      }
      return tile.bytes;
    },

    rewrite: (cacheName, key, subject, before, tile) =>
      inLine(`${cacheName} ${key}`, tile.meta.epoch, async (newest) => {
        const state = ledger.state;
        if (!newest || !state || overtaken(state, subject, tile.meta.epoch)) return;
        const found = await store.match(cacheName, key);
        if (found?.meta.requestAt !== before.meta.requestAt || found.meta.responseAt !== before.meta.responseAt) return;
        if (
          !mayStore(
            { method: 'GET', noStore: false },
            { status: tile.status, headers: tile.headers, type: 'basic' },
            subject.layer,
          ).store
        )
          return keeper.forget(cacheName, key);
        await store.put(await store.open(cacheName), key, { ...tile, headers: storedHeaders(tile) });
        memory.delete(cacheName, key);
      }),

    async forget(cacheName, key) {
      memory.delete(cacheName, key);
      await store.delete(cacheName, key);
      // A hit that was reading it meanwhile may have put it back.
      memory.delete(cacheName, key);
      await negatives.drop(cacheName, key);
    },

    async keep(plan, tile, kind) {
      const { address, subject, key } = plan;
      const { layer } = address;
      const opaque = tile.response?.type === 'opaque';
      if (opaque && !layer.opaque) events.opaque(plan);
      const { cacheName } = plan;
      if (isWrong(plan, tile)) events.mismatch(plan, tile.meta.version);
      try {
        const cache = await plan.cache;
        if (!cache) return false;
        if (!allowed(plan, tile, opaque ? 'opaque' : 'basic')) {
          // A definite answer that may not be stored overrules what is: never use that unvalidated again.
          const good = plan.primary ?? plan.candidates[0];
          if (good && !plan.noStore && overrules(plan, good, tile)) await keeper.forget(cacheName, key);
          return false;
        }
        const storing = inLine(`${cacheName} ${key}`, tile.meta.epoch, async (newest) => {
          const state = ledger.state;
          if (!newest || !state || state.id !== plan.state.id || overtakenSince(plan)) return false;
          const before = await store.match(cacheName, key);
          if (isWrong(plan, tile) && (layer.versionPolicy === 'discard' || isRight(plan, before))) return false;
          if (kind === 'error' && [before, ...plan.candidates].some((one) => one && isOfTheTile(plan, one)))
            return false;
          const place = placeFor(plan, before, tile);
          const written: Tile = {
            ...tile,
            headers: storedHeaders(tile),
            meta: { ...tile.meta, variant: place.variant, group: place.group },
          };
          const replaced = place.key === key ? before : await store.match(cacheName, place.key);
          if (isLater(replaced, tile)) return false;
          const negative = isNegative(tile);
          if (negative) {
            const effect = await negatives.settle(
              { subject, cacheName, cache, key: place.key, before: replaced },
              tile,
            );
            if (effect === 'known') return false;
            if (effect === 'hides') written.headers.set(HIDES_HEADER, '1');
          }
          const shown = replaced ?? plan.candidates[0];
          const changed =
            kind === 'new' && shown && !opaque && !sameBytes(await keeper.bytesOf(plan, shown), tile.bytes);
          await write(cache, place.key, written, {
            cacheName,
            keys: [key, place.key],
            bytes: tile.bytes?.byteLength ?? OPAQUE_BYTES,
          });
          if (tile.bytes) memory.set(cacheName, place.key, inMemory(written, tile.bytes, cacheName, place.key));
          else memory.delete(cacheName, place.key);
          events.stored(plan, cacheName, place.key, (tile.bytes?.byteLength ?? OPAQUE_BYTES) + sizeOf(written.headers));
          if (!negative && replaced?.headers.has(HIDES_HEADER)) await negatives.drop(cacheName, place.key);
          if (changed) events.updated(plan);
          return true;
        });
        try {
          return await within(storing, KEEP_MS, timers);
        } catch (error) {
          if (!(error instanceof DeadlineMissed)) throw error;
          // It may be stored yet; only the wait is over.
          storing.catch(events.failed);
          return false;
        }
      } catch (error) {
        events.failed(error);
        return false;
      }

      function overtakenSince(from: ExchangePlan): boolean {
        const state = ledger.state;
        return (
          !state ||
          (overtaken(state, subject, from.state.epoch) && judge(state, subject, tile, false, now()).rule === 'absent')
        );
      }
    },
  };

  const isWrong = ({ subject }: ExchangePlan, { meta }: Tile) =>
    ledger.state !== undefined && isMismatch(recordOf(ledger.state, subject.layer.name), subject, meta);

  /** Labelled with the version in force, which nothing of another version may replace. */
  const isRight = (plan: ExchangePlan, one: Tile | undefined) =>
    one !== undefined && one.meta.version !== '' && !isWrong(plan, one) && isOfTheTile(plan, one);

  /** It says something of the tile, and no purge covers it. */
  const isOfTheTile = (plan: ExchangePlan, one: Tile) => {
    const { state } = ledger;
    if (!state || saysNothing(one.status)) return false;
    return judge(state, plan.subject, one, one.cacheName !== plan.cacheName, now()).rule !== 'absent';
  };

  /** A tile, or proof that there is none, that may not be stored: what is stored must not be used unvalidated again. */
  const overrules = (plan: ExchangePlan, good: Tile, tile: Tile) => {
    if (saysNothing(tile.status)) return false;
    return !isNegative(tile) || isNegative(good) || negatives.retires(plan.subject, good, tile);
  };

  /** The first variant keeps the key; others lie beside it, within reach only through its group. */
  const placeFor = (plan: ExchangePlan, before: Tile | undefined, tile: Tile) => {
    const fields = varyFields(tile.headers);
    if (!fields || fields === '*') return { key: plan.key, variant: '', group: '' };
    const variant = variantIn(plan.address.layer, fields, plan.request, env) ?? '';
    const own = String(tile.meta.requestAt);
    if (!before || String(varyFields(before.headers)) !== String(fields)) return { key: plan.key, variant, group: own };
    const { group } = before.meta;
    if (before.meta.variant === variant) return { key: plan.key, variant, group };
    return { key: variantKey(plan.key, variant, group), variant, group };
  };

  return keeper;
}

/** What an opaque response charges of the quota, about; the browser pads it. */
const OPAQUE_BYTES = 6 * 1024 * 1024;

/** Without the bytes on the worker's heap: the browser holds them. */
function inMemory(
  { bytes: _, response: __, ...tile }: Tile,
  bytes: Uint8Array<ArrayBuffer>,
  cacheName: string,
  key: string,
): Tile {
  return { ...tile, cacheName, key, blob: new Blob([bytes]) };
}

/** What may be stored, of a body that the browser has decoded. */
function storedHeaders(tile: Tile): Headers {
  const headers = storableHeaders(tile.headers);
  headers.delete(HIDES_HEADER);
  headers.delete('content-encoding');
  if (tile.bytes) headers.set('content-length', String(tile.bytes.byteLength));
  return headers;
}

/** Characters of the headers, which take room like a body. */
function sizeOf(headers: Headers): number {
  let size = 0;
  headers.forEach((value, name) => (size += name.length + value.length + 4));
  return size;
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (!a || !b || a.byteLength !== b.byteLength) return false;
  for (let i = 0; i < a.byteLength; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
