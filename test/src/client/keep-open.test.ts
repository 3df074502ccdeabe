import { describe, expect, it } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import { createFakeBrowser } from '../fake-browser';
import { settle } from '../fake-clock';

const SCOPE = 'https://maps.example/';
const name = (rest: string, scope = SCOPE) => `tile-cache-v1:${encodeURIComponent(scope)}:${rest}`;

function fakeCaches(names: string[]) {
  const opened: string[] = [];
  const caches = {
    keys: async () => names,
    open: async (name: string) => {
      opened.push(name);
      return {} as Cache;
    },
  } as unknown as CacheStorage;
  return { caches, opened };
}

async function open(names: string[], { worker = true, ...rest }: { worker?: boolean; caches?: CacheStorage } = {}) {
  const browser = createFakeBrowser();
  if (worker) browser.activeWorker();
  const { caches, opened } = fakeCaches(names);
  const tab = browser.openTab({ caches: rest.caches ?? caches });
  const made = createTileCacheClient({ serviceWorker: '/sw.js' }, tab.env);
  await browser.clock.advance(0);
  const client = await made;
  await settle();
  return { browser, client, opened, names, tab };
}

describe('the caches of the worker', () => {
  it('are held open within its scope, but none of a partition', async () => {
    const own = [name('roads@'), name('poi@3'), name('@')];
    const { opened } = await open([
      ...own,
      name('mine@:hash'),
      name('roads@', 'https://maps.example/other/'),
      'workbox-precache',
      'tile-cache-v1',
    ]);
    await expect.poll(() => opened).toEqual(own);
  });

  it('are released when they may have been deleted, and opened again later', async () => {
    const { browser, opened, names, tab } = await open([name('roads@')]);
    await expect.poll(() => opened).toHaveLength(1);
    names[0] = name('roads@2');
    tab.container.dispatchEvent(
      new MessageEvent('message', { data: { type: 'VERSION_CHANGED', layer: 'roads', version: '2', previous: '1' } }),
    );
    expect(opened).toHaveLength(1);
    await browser.clock.advance(10_000);
    expect(opened).toEqual([name('roads@'), name('roads@2')]);
  });

  it('are released when the page clears them', async () => {
    const { browser, opened, client } = await open([name('roads@')]);
    await expect.poll(() => opened).toHaveLength(1);
    const cleared = client.clear();
    await browser.clock.advance(10_000);
    expect(opened).toHaveLength(2);
    client.close();
    await cleared.catch(() => {});
  });

  it('are opened when the first tile of a layer or version arrives', async () => {
    const { browser, opened, names, tab } = await open([]);
    names.push(name('roads@'));
    const used = (layer: string) => {
      const uses = [{ layer, status: 'hit', age: 0, duration: 1, code: 200 }];
      tab.container.dispatchEvent(new MessageEvent('message', { data: { type: 'TILES_USED', uses } }));
    };
    used('roads');
    used('roads');
    await browser.clock.advance(10_000);
    expect(opened).toEqual(names);
    used('roads');
    await browser.clock.advance(60_000);
    expect(opened).toHaveLength(1);
  });

  it('are not opened without a worker; without storage nothing fails', async () => {
    expect((await open([name('roads@')], { worker: false })).opened).toEqual([]);
    const broken = {
      keys: () => Promise.reject(new DOMException('denied', 'SecurityError')),
    } as unknown as CacheStorage;
    const { client } = await open([], { caches: broken });
    expect(client.state).toBe('active');
  });
});
