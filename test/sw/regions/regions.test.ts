import { gzipSync } from 'node:zlib';
import { PMTiles } from 'pmtiles';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeCache } from '../fakes/fake-caches';
import { createRegionWorld, type RegionWorld, SMALL, urlsOf } from './world';

const urls = urlsOf(SMALL);
let world: RegionWorld;
beforeEach(() => {
  world = createRegionWorld();
});
const save = async (change: object = {}) => {
  await world.ask({ action: 'save', spec: { ...SMALL, ...change } });
  return world.finish();
};
const inside = async () => {
  const texts = [];
  for (const url of urls) texts.push(await world.offline(url));
  return texts;
};
const DAY = 86_400_000;
const turns = async (count: number) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a region', () => {
  it('is complete with one request per tile, and available offline long after it became stale', async () => {
    expect(await save()).toMatchObject([{ state: 'complete', tiles: urls.length, total: urls.length, edition: 1 }]);
    expect(world.tilesAsked().sort()).toEqual([...urls].sort());
    world.clock.now += 30 * DAY;
    world.restart();
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    expect(await world.offline('/tiles/roads/9/0/0')).toBeUndefined();
  });

  it('looks up each tile once during its download', async () => {
    const { match } = FakeCache.prototype;
    let reads = 0;
    FakeCache.prototype.match = function (key) {
      if (key.includes('/@roads/tiles/')) reads += 1;
      return match.call(this, key);
    };
    try {
      await save();
    } finally {
      FakeCache.prototype.match = match;
    }
    expect(reads).toBe(urls.length);
  });

  it('sends conditional requests in an update, and shows the old edition until the new one is complete', async () => {
    await save();
    world.asked.length = 0;
    world.clock.now += DAY;
    const changed = new Set(urls.slice(0, 5));
    world.content = (path) => `${changed.has(path) ? 'two' : 'one'} ${path}`;
    await world.ask({ action: 'update', region: 'small' });
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
    expect(world.asked.filter(({ headers }) => headers.has('if-none-match')).length).toBeGreaterThanOrEqual(
      urls.length,
    );
    expect(await inside()).toEqual(urls.map((url) => world.content(url)));
  });

  it('keeps the old edition if an update fails, and later requests only the failed tiles again', async () => {
    await save();
    world.clock.now += DAY;
    world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `two ${path}`);
    await world.ask({ action: 'update', region: 'small' });
    const [info] = await world.finish();
    expect(info).toMatchObject({ state: 'incomplete', edition: 1, failed: 1 });
    expect(info?.failures).toMatchObject([{ layer: 'roads', reason: '403' }]);
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    world.content = (path) => `two ${path}`;
    world.asked.length = 0;
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2, failed: 0 }]);
    expect(world.tilesAsked()).toEqual([urls[20]]);
    expect(await inside()).toEqual(urls.map((url) => `two ${url}`));
  });

  it('can be updated even if it never had some of its tiles', async () => {
    world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `one ${path}`);
    await save();
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', edition: 1, failed: 1 }]);
    world.clock.now += DAY;
    world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `two ${path}`);
    await world.ask({ action: 'update', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', edition: 2, failed: 1 }]);
    expect(await inside()).toEqual(urls.map((url) => (url === urls[20] ? undefined : `two ${url}`)));
  });

  it('makes room for its tiles by evicting those that a map has stored', async () => {
    await world.get(world.worker, '/tiles/roads/3/1/1');
    const stored = () => [...world.caches.caches].flatMap(([, cache]) => [...cache.entries.keys()]);
    const hasOther = () => stored().some((url) => url.includes('/3/1/1'));
    expect(hasOther()).toBe(true);
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given) {
      if (this.name === 'staged' && hasOther()) throw new DOMException('full', 'QuotaExceededError');
      return put.apply(this, given);
    };
    try {
      await save();
      expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
    } finally {
      IDBObjectStore.prototype.put = put;
    }
    expect(hasOther()).toBe(false);
  });

  it('obeys a purge at once: covered tiles are gone and are fetched again, others stay', async () => {
    await save();
    const purge = { type: 'CACHE_INVALIDATE', layer: 'roads', zooms: [9, 9] };
    await new Promise<void>((resolve) => void world.worker.message(purge, { postMessage: () => resolve() }));
    const texts = await inside();
    expect(texts).toEqual(urls.map((url) => (url.startsWith('/tiles/roads/9/') ? undefined : `one ${url}`)));
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'outdated' }]);
    world.content = (path) => `two ${path}`;
    world.asked.length = 0;
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
    expect(world.tilesAsked().every((path) => path.startsWith('/tiles/roads/9/'))).toBe(true);
    expect(await inside()).toEqual(urls.map((url) => `${url.startsWith('/tiles/roads/9/') ? 'two' : 'one'} ${url}`));
  });

  it('shows stale tiles offline, and fetches them again', async () => {
    await save();
    const stale = { type: 'CACHE_INVALIDATE', layer: 'roads', mode: 'stale' };
    await new Promise<void>((resolve) => void world.worker.message(stale, { postMessage: () => resolve() }));
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    world.content = (path) => `two ${path}`;
    await world.finish();
    expect(await inside()).toEqual(urls.map((url) => `two ${url}`));
  });

  it('is updated to a new version of its layer', async () => {
    world = createRegionWorld({ layers: { roads: { freshness: 'version', maxAge: 600 } } });
    world.content = (path) =>
      new Response(`one ${path}`, { headers: { 'x-tile-version': 'v1', 'content-type': 'application/octet-stream' } });
    const announce = (version: string) =>
      new Promise<void>((resolve) => {
        const message = { type: 'TILE_VERSIONS', id: 'v', manifest: { version }, confirmedAt: world.clock.now };
        void world.worker.message(message, { postMessage: () => resolve() });
      });
    await announce('v1');
    expect(await save()).toMatchObject([{ state: 'complete', versions: { roads: 'v1' } }]);
    world.content = (path) =>
      new Response(`two ${path}`, { headers: { 'x-tile-version': 'v2', 'content-type': 'application/octet-stream' } });
    await announce('v2');
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    expect(await world.finish()).toMatchObject([{ state: 'complete', versions: { roads: 'v2' }, edition: 2 }]);
    expect(await inside()).toEqual(urls.map((url) => `two ${url}`));
  });

  it.each([
    ['with which its tiles are labelled', () => 'v1', 'v1', 'complete'],
    ['with which its tiles are not labelled', () => 'v1', 'v2', 'outdated'],
    ['while its tiles have two versions', (path: string) => (path.endsWith('1') ? 'v1' : 'v2'), 'v2', 'outdated'],
    ['while its tiles have no labels', () => '', 'v2', 'complete'],
  ])('learns a first version %s', async (_, label, version, state) => {
    const tile = (text: string, path: string, of: string) =>
      new Response(`${text} ${path}`, {
        headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', 'x-tile-version': of },
      });
    world.content = (path) => tile('one', path, label(path));
    const [saved] = await save();
    expect(saved).toMatchObject({
      state: 'complete',
      versions: label('') === 'v1' && label('1') === 'v1' ? { roads: 'v1' } : {},
    });
    await new Promise<void>((resolve) => {
      const message = { type: 'TILE_VERSIONS', id: 'v', manifest: { version }, confirmedAt: world.clock.now };
      void world.worker.message(message, { postMessage: () => resolve() });
    });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state }]);
    world.content = (path) => tile('two', path, version);
    world.asked.length = 0;
    expect(await world.finish()).toMatchObject([{ state: 'complete' }]);
    const old = urls.filter((url) => state === 'outdated' && label(url) !== version);
    expect(world.tilesAsked().sort()).toEqual([...old].sort());
    expect(await inside()).toEqual(urls.map((url) => `${old.includes(url) ? 'two' : 'one'} ${url}`));
  });

  it('does not replace a newer tile from a map, and loses no tile with that one', async () => {
    await save();
    world.clock.now += DAY;
    world.content = (path) => `two ${path}`;
    await world.get(world.worker, urls[3]!);
    expect(await world.offline(urls[3]!)).toBe(`two ${urls[3]}`);
    world.clock.now += 30 * DAY;
    world.restart();
    expect(await world.offline(urls[3]!)).toBe(`two ${urls[3]}`);
    expect(await world.offline(urls[4]!)).toBe(`one ${urls[4]}`);
  });

  it('waits for the origin as long as Retry-After says', async () => {
    let busy = true;
    world.content = (path) =>
      busy ? new Response('busy', { status: 503, headers: { 'retry-after': '7' } }) : `one ${path}`;
    await world.ask({ action: 'save', spec: SMALL });
    const { again } = await world.ask<{ again: number }>({ action: 'drive', metered: false, online: true });
    expect(again).toBe(7000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'waiting', reason: 'busy' }]);
    const asked = world.asked.length;
    await world.ask({ action: 'drive', metered: false, online: true });
    expect(world.asked.length).toBe(asked);
    busy = false;
    world.clock.now += 7000;
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('waits for an unmetered connection, unless the save allows metered ones', async () => {
    await world.ask({ action: 'save', spec: SMALL });
    await world.ask({ action: 'drive', metered: true, online: true });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'waiting', reason: 'metered' }]);
    await world.ask({ action: 'save', spec: { ...SMALL, metered: true } });
    await world.ask({ action: 'drive', metered: true, online: true });
    await world.ask({ action: 'drive', metered: true, online: true });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete' }]);
  });

  it('reports tiles that it cannot store', async () => {
    world.content = (path) =>
      path === urls[7] ? new Response('x', { headers: { 'cache-control': 'no-store' } }) : `one ${path}`;
    const [info] = await save();
    expect(info).toMatchObject({ state: 'incomplete', failed: 1, tiles: urls.length - 1 });
    expect(info?.failures[0]?.reason).toBe('no-store');
  });

  it.each(['no-cache', 'public, max-age=0, must-revalidate'])(
    'stores tiles that need validation if the layer shows them offline: %s',
    async (cc) => {
      world.cc = cc;
      expect(await save()).toMatchObject([{ state: 'incomplete', failed: urls.length }]);
      world.restart({ layers: { roads: { maxAge: 60, offline: 'always' } } });
      await world.ask({ action: 'resume', region: 'small' });
      expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
      world.clock.now += 30 * DAY;
      for (const url of urls) expect(await world.offline(url)).toBe(`one ${url}`);
    },
  );

  it('stores that a tile does not exist', async () => {
    world.content = (path) => (path === urls[7] ? new Response('', { status: 404 }) : `one ${path}`);
    expect(await save()).toMatchObject([{ state: 'complete', failed: 0 }]);
    world.clock.now += 30 * DAY;
    world.reachable = false;
    expect((await world.get(world.worker, urls[7]!)).status).toBe(404);
  });

  it('shares tiles with another region, which keeps them when this one is removed', async () => {
    const [first] = await save();
    world.asked.length = 0;
    await world.ask({ action: 'save', spec: { ...SMALL, id: 'other' } });
    const [, other] = await world.finish();
    expect(other).toMatchObject({ state: 'complete', tiles: urls.length });
    // Only the sample for the estimate is requested.
    expect(other!.stored).toBeLessThan(first!.stored);
    await world.ask({ action: 'remove', region: 'small' });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ id: 'other', state: 'complete' }]);
    world.restart();
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    await world.ask({ action: 'remove', region: 'other' });
    expect(await inside()).toEqual(urls.map(() => undefined));
    expect([...world.caches.caches.keys()].filter((name) => name.split(':').length > 4)).toEqual([]);
  });

  it('keeps borrowed bodies when another layer of their owner is cleared', async () => {
    world = createRegionWorld({ layers: { roads: { maxAge: 60 }, base: { maxAge: 60 } } });
    const base = { layer: 'base', template: '/tiles/base/{z}/{x}/{y}' };
    await save({ layers: [SMALL.layers[0], base] });
    world.asked.length = 0;
    await world.ask({ action: 'save', spec: { ...SMALL, id: 'other', layers: [base] } });
    await world.finish();
    expect(world.asked).toEqual([]);
    await new Promise<void>(
      (resolve) => void world.worker.message({ type: 'TILE_CLEAR', layer: 'roads' }, { postMessage: () => resolve() }),
    );
    world.restart();
    expect(await world.ask({ action: 'list' })).toMatchObject([
      { id: 'other', state: 'complete' },
      { state: 'paused' },
    ]);
    for (const url of urlsOf(SMALL, 'base')) expect(await world.offline(url)).toBe(`one ${url}`);
    for (const url of urls) expect(await world.offline(url)).toBeUndefined();
  });

  it('is included in the worker’s usage', async () => {
    const [region] = await save();
    const { tiles, stored } = region!;
    const usage = await new Promise<any>(
      (resolve) => void world.worker.message({ type: 'TILE_USAGE' }, { postMessage: resolve }),
    );
    expect(usage.result.regions).toEqual({ small: { tiles, bytes: stored, layers: ['roads'] } });
    expect(stored).toBeGreaterThan(0);
  });

  it('is reported as lost after the browser has deleted it, and is fetched again', async () => {
    await save();
    for (const name of world.caches.caches.keys()) if (name.split(':').length > 4) world.caches.caches.delete(name);
    world.restart();
    await world.ask({ action: 'drive', metered: false, online: true });
    expect(world.posted).toContainEqual(expect.objectContaining({ type: 'TILE_REGION', lost: true }));
    await world.finish();
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  /** Deletes only the caches with packs. */
  const losePacks = () => {
    for (const name of world.caches.caches.keys()) if (name.split(':').length > 4) world.caches.caches.delete(name);
  };
  const lostMessage = expect.objectContaining({ type: 'TILE_REGION', lost: true });

  it.each(['restarted', 'running'])('is listed as lost at once if the worker is %s', async (worker) => {
    await save();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete' }]);
    losePacks();
    if (worker === 'restarted') world.restart();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'lost', tiles: 0 }]);
    expect(world.posted).toContainEqual(lostMessage);
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  it('stores nothing twice and leaves nothing behind when one of its layers is lost and restored', async () => {
    world = createRegionWorld({ layers: { roads: { maxAge: 60 }, sea: { maxAge: 60 } } });
    const layers = ['roads', 'sea'].map((layer) => ({ layer, template: `/tiles/${layer}/{z}/{x}/{y}` }));
    const packs = () =>
      [...world.caches.caches].flatMap(([name, { entries }]) =>
        name.split(':').length > 4 ? [...entries.keys()].filter((url) => url.includes('/pack/')) : [],
      );
    await save({ layers });
    const before = packs().length;
    for (const name of world.caches.caches.keys())
      if (name.split(':').length > 4 && name.includes(':sea@')) world.caches.caches.delete(name);
    expect(packs().length).toBeLessThan(before);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'lost' }]);
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: 2 * urls.length }]);
    world.restart();
    await world.finish();
    expect(packs()).toHaveLength(before);
    for (const layer of ['roads', 'sea'])
      for (const url of urlsOf(SMALL, layer)) expect(await world.offline(url)).toBe(`one ${url}`);
  });

  it('is reported as lost when a map requests one of its tiles, even if no page queries regions', async () => {
    await save();
    losePacks();
    world.restart();
    world.posted.length = 0;
    for (const url of urls.slice(0, 3)) await world.get(world.worker, url);
    await world.worker.settled();
    expect(world.posted.filter((message) => lostMessage.asymmetricMatch(message))).toHaveLength(1);
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
  });

  it('restarts if the packs of its first download are deleted, and is not complete before they are restored', async () => {
    let left = urls.length - 10;
    const { answer } = world;
    world.answer = (request) => {
      left -= 1;
      if (left < 0) throw new TypeError('no network');
      return answer(request);
    };
    await world.ask({ action: 'save', spec: SMALL });
    await world.finish(3);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ edition: 0 }]);
    losePacks();
    world.restart();
    world.answer = answer;
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  it('is refused if it does not fit, with both numbers, and leaves nothing', async () => {
    world.content = (path) => path.padEnd(5000, 'x');
    await expect(world.ask({ action: 'save', spec: { ...SMALL, maxBytes: 50_000 } })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'maxBytes',
      message: expect.stringMatching(/\d{6} bytes.* 50000/),
    });
    expect(await world.ask({ action: 'list' })).toEqual([]);
  });

  it('is removed at once when everything is cleared, and does not come back by itself', async () => {
    await save();
    await new Promise<void>(
      (resolve) => void world.worker.message({ type: 'TILE_CLEAR', id: 'c' }, { postMessage: () => resolve() }),
    );
    expect([...world.caches.caches.keys()].filter((name) => name.split(':').length > 4)).toEqual([]);
    world.asked.length = 0;
    expect(await world.finish()).toMatchObject([{ state: 'paused', tiles: 0 }]);
    expect(world.asked).toEqual([]);
  });
});

describe('a provider that forbids bulk', () => {
  it('is refused before the first request', async () => {
    world = createRegionWorld({ layers: { osm: { template: 'https://tile.openstreetmap.org/{z}/{x}/{y}.png' } } });
    await expect(world.ask({ action: 'save', spec: { ...SMALL, layers: ['osm'] } })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      field: 'layers[0]',
    });
    expect(world.asked).toEqual([]);
  });
});

describe('a region in a file', () => {
  const reader = (file: Blob) =>
    new PMTiles({
      getKey: () => 'file',
      getBytes: async (offset, length) => ({ data: await file.slice(offset, offset + length).arrayBuffer() }),
    });

  it('is written and read in a few pieces, not tile by tile', async () => {
    await save();
    world.restart();
    const { slice } = Blob.prototype;
    const pieces = async <T>(work: Promise<T>) => {
      let count = 0;
      Blob.prototype.slice = function (...given) {
        count += 1;
        return slice.apply(this, given);
      };
      const result = await work.finally(() => (Blob.prototype.slice = slice));
      return [result, count] as const;
    };
    const [file, written] = await pieces(world.ask<Blob>({ action: 'export', region: 'small' }));
    world = createRegionWorld();
    const [, read] = await pieces(world.ask({ action: 'import', file }));
    // Six packs, each with a table and bodies. The file also has a header, metadata and a directory.
    expect([written, read]).toEqual([12, 9]);
    expect(urls.length).toBeGreaterThan(24);
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  it('includes which tiles do not exist', async () => {
    const none = { 404: urls[3], 410: urls[9], 204: urls[11] };
    world.content = (path) => {
      const [status] = Object.entries(none).find(([, url]) => url === path) ?? [];
      return status ? new Response(null, { status: Number(status) }) : `one ${path}`;
    };
    await save();
    const file = await world.ask<Blob>({ action: 'export', region: 'small' });
    world = createRegionWorld();
    expect(await world.ask({ action: 'import', file })).toMatchObject({ state: 'complete', tiles: urls.length });
    world.restart();
    world.reachable = false;
    for (const [status, url] of Object.entries(none))
      expect((await world.get(world.worker, url!)).status).toBe(Number(status));
    expect(await (await world.get(world.worker, urls[4]!)).text()).toBe(`one ${urls[4]}`);
  });

  it('contains no purged tiles', async () => {
    await save();
    const purge = (more: object) =>
      new Promise<void>(
        (resolve) =>
          void world.worker.message(
            { type: 'CACHE_INVALIDATE', layer: 'roads', ...more },
            { postMessage: () => resolve() },
          ),
      );
    await purge({ zooms: [9, 9] });
    const archive = reader(await world.ask<Blob>({ action: 'export', region: 'small' }));
    for (const url of urls) {
      const [z, x, y] = url.split('/').slice(-3).map(Number) as [number, number, number];
      expect((await archive.getZxy(z, x, y)) !== undefined).toBe(z !== 9);
    }
    await purge({});
    await expect(world.ask({ action: 'export', region: 'small' })).rejects.toMatchObject({ field: 'id' });
  });

  it('is complete or not written, whatever happens to the region meanwhile', async () => {
    const orders: Record<string, () => Promise<unknown>> = {
      update: () => world.ask({ action: 'update', region: 'small' }).then(() => world.finish()),
      save: () => world.ask({ action: 'save', spec: { ...SMALL, zooms: [5, 9] } }).then(() => world.finish()),
      remove: () => world.ask({ action: 'remove', region: 'small' }),
      pause: () => world.ask({ action: 'pause', region: 'small' }),
    };
    const ended: string[] = [];
    for (const [name, order] of Object.entries(orders))
      for (const wait of [0, 3, 10, 30, 60]) {
        world = createRegionWorld();
        await save();
        world.content = (path) => `two ${path}`;
        world.clock.now += DAY;
        // Opening each pack takes time.
        world.restart();
        const { match } = FakeCache.prototype;
        FakeCache.prototype.match = async function (key) {
          if (String(key).includes('/pack/')) await turns(8);
          return match.call(this, key);
        };
        const writing = world
          .ask<Blob>({ action: 'export', region: 'small' })
          .finally(() => (FakeCache.prototype.match = match));
        await turns(wait);
        const [file] = await Promise.all([writing.catch((error: Error) => error), order()]);
        if (file instanceof Error) {
          ended.push(name);
          expect(file).toMatchObject({ code: expect.stringMatching(/INVALID_OPTION|STORAGE_FAILED/) });
          continue;
        }
        const archive = reader(file);
        const own = ((await archive.getMetadata()) as { 'sw-tile-cache': { zooms: [number, number] } })[
          'sw-tile-cache'
        ];
        const texts = [];
        for (const url of urlsOf({ ...SMALL, zooms: own.zooms })) {
          const [z, x, y] = url.split('/').slice(-3).map(Number) as [number, number, number];
          const tile = await archive.getZxy(z, x, y);
          texts.push(tile && new TextDecoder().decode(tile.data).split(' ')[0]);
        }
        expect(new Set(texts).size, `${name} after ${wait}`).toBe(1);
        expect(texts[0]).toMatch(/one|two/);
      }
    expect(new Set(ended)).toEqual(new Set(['remove']));
  });

  it('can be read by the `pmtiles` library, and becomes the same region on another machine', async () => {
    await save();
    const file = await world.ask<Blob>({ action: 'export', region: 'small' });
    const archive = reader(file);
    expect(await archive.getMetadata()).toMatchObject({ name: 'small' });
    for (const url of urls) {
      const [z, x, y] = url.split('/').slice(-3).map(Number) as [number, number, number];
      const tile = await archive.getZxy(z, x, y);
      expect(tile && new TextDecoder().decode(tile.data)).toBe(`one ${url}`);
    }
    world = createRegionWorld();
    expect(await world.ask({ action: 'import', file })).toMatchObject({
      id: 'small',
      state: 'complete',
      tiles: urls.length,
    });
    world.restart();
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    expect(world.tilesAsked()).toEqual([]);
  });

  it.each(['purge', 'stale'])('counts as new beside a region whose later tiles a %s covers', async (mode) => {
    await save();
    const file = await world.ask<Blob>({ action: 'export', region: 'small' });
    world.clock.now += 86_400_000;
    world.content = (path) => `two ${path}`;
    await world.ask({ action: 'update', region: 'small' });
    await world.finish();
    const postMessage = () => {};
    await world.worker.message({ type: 'CACHE_INVALIDATE', layer: 'roads', mode }, { postMessage });
    await world.ask({ action: 'import', file, region: 'copy' });
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  it('that would decompress to more than a machine’s memory is refused before it is decompressed', async () => {
    await save();
    const made = new Uint8Array(await (await world.ask<Blob>({ action: 'export', region: 'small' })).arrayBuffer());
    const bomb = gzipSync(new Uint8Array(100 * 1024 * 1024));
    world = createRegionWorld();
    // The fields of the root directory and of the metadata in the header.
    for (const at of [8, 24]) {
      const head = made.slice(0, 127);
      const view = new DataView(head.buffer);
      view.setBigUint64(at, BigInt(made.length), true);
      view.setBigUint64(at + 8, BigInt(bomb.length), true);
      const file = new Blob([head, made.slice(127), Uint8Array.from(bomb)]);
      await expect(world.ask({ action: 'import', file })).rejects.toMatchObject({
        field: 'file',
        message: expect.stringContaining('too large'),
      });
    }
    expect(await world.ask({ action: 'list' })).toEqual([]);
  });

  it('that is damaged is refused, and changes nothing', async () => {
    await save();
    const file = await world.ask<Blob>({ action: 'export', region: 'small' });
    world = createRegionWorld();
    for (const broken of [new Blob(['x']), file.slice(0, 200), file.slice(0, file.size - 5), file.slice(1)])
      await expect(world.ask({ action: 'import', file: broken })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        field: 'file',
      });
    expect(await world.ask({ action: 'list' })).toEqual([]);
    expect(world.caches.caches.size).toBe(0);
  });
});

describe('the parts of a style', () => {
  const files: Record<string, unknown> = {
    '/style.json': {
      version: 8,
      sources: { roads: { type: 'vector', url: '/roads.json' }, photo: { type: 'image', url: '/sprites/photo.png' } },
      sprite: '/sprites/map',
      glyphs: '/fonts/{fontstack}/{range}',
      layers: [
        {
          id: 'names',
          type: 'symbol',
          source: 'roads',
          layout: { 'text-field': '{name}', 'text-font': ['Noto Sans Bold'] },
        },
      ],
    },
    '/roads.json': { tiles: ['/tiles/roads/{z}/{x}/{y}'] },
    '/sprites/map.json': {},
    '/sprites/map@2x.json': {},
  };
  const wanted = [
    ...[
      '/style.json',
      '/roads.json',
      '/sprites/map.json',
      '/sprites/map@2x.json',
      '/sprites/map.png',
      '/sprites/photo.png',
    ],
    ...['0-255', '256-511', '8192-8447'].map((range) => `/fonts/Noto%20Sans%20Bold/${range}`),
  ];
  let edition = 'one';
  const begin = () => {
    edition = 'one';
    world = createRegionWorld({
      layers: {
        roads: { maxAge: 60 },
        assets: { template: ['/style.json', '/roads.json', '/sprites/*', '/fonts/*'], maxAge: 60 },
      },
    });
    world.content = (path) => {
      if (path.startsWith('/tiles/')) return `${edition} ${path}`;
      const { [path]: file } = files;
      if (path.endsWith('.png')) {
        const ends = ['\x89PNG\r\n\x1a\n', '\0\0\0\0IEND\xaeB`\x82'] as const;
        const bytes = Uint8Array.from(ends.join(` ${edition} `), (char) => char.charCodeAt(0));
        return new Response(bytes, { headers: { 'content-type': 'image/png', 'cache-control': 'max-age=60' } });
      }
      const headers = {
        'content-type': file ? 'application/json' : 'application/octet-stream',
        'cache-control': 'max-age=60',
      };
      return new Response(file ? JSON.stringify({ ...file, edition }) : `${edition} ${path}`, { headers });
    };
  };
  beforeEach(begin);
  const editions = async () => {
    const told = [];
    for (const path of wanted) told.push(/one|two/.exec((await world.offline(path)) ?? '')?.[0]);
    return told;
  };

  it('are available offline with the region, all from one edition', async () => {
    expect(await save({ style: 'https://map.example/style.json' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    world.clock.now += 30 * DAY;
    world.restart();
    expect(await editions()).toEqual(wanted.map(() => 'one'));
    // A map that requests only one of them does not mix editions.
    edition = 'two';
    await world.get(world.worker, '/sprites/map.json');
    expect(await editions()).toEqual(wanted.map(() => 'one'));
    await world.ask({ action: 'update', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
    expect(await editions()).toEqual(wanted.map(() => 'two'));
  });

  it('include videos, in the ranges that a player requests', async () => {
    const { content } = world;
    const film = Uint8Array.from({ length: 4000 }, (_, i) => i % 251);
    world.content = (path) => {
      if (path === '/sprites/drone.mp4')
        return new Response(film, { headers: { 'content-type': 'video/mp4', 'cache-control': 'max-age=60' } });
      if (path !== '/style.json') return content(path);
      const video = { type: 'video', urls: ['/sprites/drone.mp4', 7] };
      return Response.json(
        { ...(files[path] as object), sources: { drone: video } },
        { headers: { 'cache-control': 'max-age=60' } },
      );
    };
    expect(await save({ style: 'https://map.example/style.json' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    world.clock.now += 30 * DAY;
    world.restart();
    world.reachable = false;
    const part = await world.get(world.worker, '/sprites/drone.mp4', { headers: { range: 'bytes=1000-1999' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1000-1999/4000']);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(film.subarray(1000, 2000));
  });

  /** The editions of parts that must match. Glyphs do not change with the style. */
  const paired = async () => (await editions()).filter((_, i) => !wanted[i]!.startsWith('/fonts/'));

  it('are from one edition, even if the origin publishes while they are read', async () => {
    const seen = new Set<string | undefined>();
    for (let at = 1; at <= 24; at += 1) {
      begin();
      const { content } = world;
      let asked = 0;
      world.content = (path) => {
        if (!path.startsWith('/tiles/') && (asked += 1) === at) edition = 'two';
        return content(path);
      };
      // A map had requested the style before, and it is still fresh.
      await world.get(world.worker, '/style.json');
      expect(await save({ style: 'https://map.example/style.json' })).toMatchObject([{ state: 'complete', failed: 0 }]);
      const all = new Set(await paired());
      expect(all.size, `published at the ${at}th request`).toBe(1);
      for (const one of all) seen.add(one);
    }
    expect(seen).toEqual(new Set(['one', 'two']));
  });

  it('are from one edition, even if the origin publishes during a wait', async () => {
    const { content } = world;
    world.content = (path) =>
      edition === 'one' && path.startsWith('/sprites/')
        ? new Response('busy', { status: 503, headers: { 'retry-after': '60' } })
        : content(path);
    await world.ask({ action: 'save', spec: { ...SMALL, style: 'https://map.example/style.json' } });
    for (let i = 0; i < 5; i += 1) await world.ask({ action: 'drive', metered: false, online: true });
    world.clock.now += DAY;
    edition = 'two';
    world.restart();
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(new Set(await paired())).toEqual(new Set(['two']));
  });

  it('are stored even if they differ at each request', async () => {
    const { content } = world;
    let asked = 0;
    world.content = (path) => {
      edition = `one and ${(asked += 1)}`;
      return content(path);
    };
    expect(await save({ style: 'https://map.example/style.json' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(world.asked.filter(({ url }) => url.endsWith('/style.json')).length).toBeLessThan(10);
  });

  it('are reported if no layer of the worker contains them', async () => {
    const [info] = await save({ style: 'https://map.example/elsewhere.json' });
    expect(info).toMatchObject({ state: 'incomplete', failed: 1 });
    expect(info?.failures[0]?.reason).toContain('no layer of the worker has https://map.example/elsewhere.json');
  });
});

it('a command that is repeated while it runs is executed once', async () => {
  const [first, second] = await Promise.all([0, 1].map(() => world.ask({ id: 'same', action: 'save', spec: SMALL })));
  expect(second).toEqual(first);
  await world.finish();
  expect(world.tilesAsked().sort()).toEqual([...urls].sort());
});
