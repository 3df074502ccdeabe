import { afterEach, describe, expect, it, vi } from 'vitest';
import { createPackStore } from '../../../sw/regions/pack-store';
import type { PackItem } from '../../../sw/store/pack';
import { globalTimers } from '../../../sw/util/deadline';
import { FakeCacheStorage } from '../fakes/fake-caches';

const item = (key: string, body: PackItem['body']): PackItem => ({ key, status: 200, headers: [], meta: '', body });
const bytes = (text: string) => new TextEncoder().encode(text);
const OWN = { cacheName: 'tile-cache-v1:x:roads@:one', path: '/pack/1/2/0/0' };
const OTHER = { cacheName: 'tile-cache-v1:x:roads@:two', path: '/pack/1/2/0/0' };

afterEach(() => vi.restoreAllMocks());

/** Two packs. Every second body of the first one is in the other one. */
async function packs(count: number) {
  const store = createPackStore(new FakeCacheStorage().asStorage(), 'tile-cache', globalTimers);
  const keys = Array.from({ length: count }, (_, i) => `tile ${i}`);
  await store.write(
    OTHER,
    keys.map((key) => item(key, bytes(`lent ${key}`))),
  );
  const lent = (await store.get(OTHER))!.entries;
  await store.write(
    OWN,
    keys.map((key, i) => {
      const { length, crc } = lent.get(key)!;
      return item(key, i % 2 ? { from: OTHER, length, crc } : bytes(`own ${key}`));
    }),
  );
  return { store, keys, pack: (await store.get(OWN))! };
}

describe('many bodies', () => {
  it('take few reads of each pack, wherever they are', async () => {
    const { store, keys, pack } = await packs(100);
    await store.get(OTHER);
    const reads = vi.spyOn(Blob.prototype, 'arrayBuffer');
    const read = store.bodies();
    for (const [i, key] of keys.entries())
      expect(await read(pack, pack.entries.get(key)!)).toEqual(bytes(`${i % 2 ? 'lent' : 'own'} ${key}`));
    expect(reads.mock.calls.length).toBeLessThanOrEqual(8);
  });

  it('are missing if the pack that contains them is gone, and the others are found', async () => {
    const { store, keys, pack } = await packs(20);
    await store.remove([OTHER]);
    const read = store.bodies();
    for (const [i, key] of keys.entries())
      expect(await read(pack, pack.entries.get(key)!)).toEqual(i % 2 ? undefined : bytes(`own ${key}`));
  });
});
