import { encodeProvenance, MOVED_HEADER } from '../../../sw/move-in/provenance';
import type { PackItem } from '../../../sw/store/pack';
import { encodeMeta, type TileMeta } from '../../../sw/store/tile-meta';
import { createMovedStore, type MovedStore } from '../../../sw/move-in/moved-store';
import { createTileStore, type Tile } from '../../../sw/store/tile-store';
import { globalTimers, type Timers } from '../../../sw/util/deadline';
import type { FakeCacheStorage } from '../fakes/fake-caches';

export const ORIGIN = 'https://map.example';
export const NAME = 'tile-cache-v1:https%3A%2F%2Fmap.example%2F:roads@';
export const meta: TileMeta = {
  requestAt: 1000,
  responseAt: 2000,
  ledger: 'l',
  epoch: 0,
  version: '',
  variant: '',
  group: '',
  token: '',
};
export const keyOf = (i: number) => `${ORIGIN}/__stc/@roads/tiles/9/${i % 512}/${i >> 9}.png?__stc=`;
export const item = (i: number, body = `tile ${i}`, job = 'job'): PackItem => ({
  key: keyOf(i),
  status: 200,
  headers: [
    ['content-type', 'image/png'],
    [MOVED_HEADER, encodeProvenance({ job, from: 'workbox:a;b' })],
  ],
  meta: encodeMeta(meta),
  body: new TextEncoder().encode(body),
});
export const items = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => item(from + i));

/** A tile in an entry of its own, newer than those in packs. */
const own = (body: string): Tile => ({
  status: 200,
  headers: new Headers(),
  requestAt: 3000,
  responseAt: 4000,
  meta: { ...meta, requestAt: 3000, responseAt: 4000 },
  bytes: new TextEncoder().encode(body),
});
/** Stores such a tile. */
export const putOwn = async ({ store }: MovedStore, i: number, body: string) =>
  store.put(await store.open(NAME), keyOf(i), own(body));

/** A worker's store on this storage. */
export const storeOn = (caches: FakeCacheStorage, timers: Timers = globalTimers) =>
  createMovedStore(createTileStore({ caches: caches as never, scope: `${ORIGIN}/`, timers }), ORIGIN, timers);
/** Fails the test if tiles could not be written. */
export const fail = (_: unknown, error: unknown): never => {
  throw error as Error;
};
