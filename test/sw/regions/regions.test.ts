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
  it('is whole, asked for once a tile, and there offline long after it went stale', async () => {
    expect(await save()).toMatchObject([{ state: 'complete', tiles: urls.length, total: urls.length, edition: 1 }]);
    expect(world.tilesAsked().sort()).toEqual([...urls].sort());
    world.clock.now += 30 * DAY;
    world.restart();
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    expect(await world.offline('/tiles/roads/9/0/0')).toBeUndefined();
  });

  it('looks each tile up once while it is downloaded', async () => {
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

  it('asks with what it has when it is updated, and shows the old edition until the new one is whole', async () => {
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

  it('keeps the old edition where an update fails, and asks again for what failed only', async () => {
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

  it('is updated although it never had some of its tiles', async () => {
    world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `one ${path}`);
    await save();
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', edition: 1, failed: 1 }]);
    world.clock.now += DAY;
    world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `two ${path}`);
    await world.ask({ action: 'update', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', edition: 2, failed: 1 }]);
    expect(await inside()).toEqual(urls.map((url) => (url === urls[20] ? undefined : `two ${url}`)));
  });

  it('makes room for what comes, at the cost of tiles that a map has stored', async () => {
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

  it('hears a purge at once: what it covers is gone, the rest stays, and it is fetched again', async () => {
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

  it('becomes of the new version when its layer has one', async () => {
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
    ['that its tiles are labelled with', () => 'v1', 'v1', 'complete'],
    ['that its tiles are not labelled with', () => 'v1', 'v2', 'outdated'],
    ['while its tiles are of two', (path: string) => (path.endsWith('1') ? 'v1' : 'v2'), 'v2', 'outdated'],
    ['while its tiles have no labels', () => '', 'v2', 'complete'],
  ])('hears of a first version %s', async (_, label, version, state) => {
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

  it('gives way to no newer tile that a map has brought, and loses none with it', async () => {
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

  it('waits for the origin as long as it says', async () => {
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

  it('waits for a connection that costs nothing, unless it need not', async () => {
    await world.ask({ action: 'save', spec: SMALL });
    await world.ask({ action: 'drive', metered: true, online: true });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'waiting', reason: 'metered' }]);
    await world.ask({ action: 'save', spec: { ...SMALL, metered: true } });
    await world.ask({ action: 'drive', metered: true, online: true });
    await world.ask({ action: 'drive', metered: true, online: true });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete' }]);
  });

  it('names what it cannot keep', async () => {
    world.content = (path) =>
      path === urls[7] ? new Response('x', { headers: { 'cache-control': 'no-store' } }) : `one ${path}`;
    const [info] = await save();
    expect(info).toMatchObject({ state: 'incomplete', failed: 1, tiles: urls.length - 1 });
    expect(info?.failures[0]?.reason).toBe('no-store');
  });

  it.each(['no-cache', 'public, max-age=0, must-revalidate'])(
    'keeps what its origin wants to be asked for, if the layer shows it without a network: %s',
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

  it('keeps that there is no tile', async () => {
    world.content = (path) => (path === urls[7] ? new Response('', { status: 404 }) : `one ${path}`);
    expect(await save()).toMatchObject([{ state: 'complete', failed: 0 }]);
    world.clock.now += 30 * DAY;
    world.reachable = false;
    expect((await world.get(world.worker, urls[7]!)).status).toBe(404);
  });

  it('shares with another what both hold, and leaves it when it goes', async () => {
    const [first] = await save();
    world.asked.length = 0;
    await world.ask({ action: 'save', spec: { ...SMALL, id: 'other' } });
    const [, other] = await world.finish();
    expect(other).toMatchObject({ state: 'complete', tiles: urls.length });
    // The sample of the estimate is asked for.
    expect(other!.stored).toBeLessThan(first!.stored);
    await world.ask({ action: 'remove', region: 'small' });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ id: 'other', state: 'complete' }]);
    world.restart();
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
    await world.ask({ action: 'remove', region: 'other' });
    expect(await inside()).toEqual(urls.map(() => undefined));
    expect([...world.caches.caches.keys()].filter((name) => name.split(':').length > 4)).toEqual([]);
  });

  it('keeps what it has borrowed when another layer of the lender is cleared', async () => {
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

  it('is part of what the worker says to take', async () => {
    const [region] = await save();
    const { tiles, stored } = region!;
    const usage = await new Promise<any>(
      (resolve) => void world.worker.message({ type: 'TILE_USAGE' }, { postMessage: resolve }),
    );
    expect(usage.result.regions).toEqual({ small: { tiles, bytes: stored, layers: ['roads'] } });
    expect(stored).toBeGreaterThan(0);
  });

  it('is told lost when the browser has deleted it, and fetched again', async () => {
    await save();
    for (const name of world.caches.caches.keys()) if (name.split(':').length > 4) world.caches.caches.delete(name);
    world.restart();
    await world.ask({ action: 'drive', metered: false, online: true });
    expect(world.posted).toContainEqual(expect.objectContaining({ type: 'TILE_REGION', lost: true }));
    await world.finish();
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  /** Somebody deletes the caches of packs, and nothing else. */
  const losePacks = () => {
    for (const name of world.caches.caches.keys()) if (name.split(':').length > 4) world.caches.caches.delete(name);
  };
  const lostMessage = expect.objectContaining({ type: 'TILE_REGION', lost: true });

  it.each(['restarted', 'running'])('is listed as lost at once, whether the worker is %s', async (worker) => {
    await save();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete' }]);
    losePacks();
    if (worker === 'restarted') world.restart();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'lost', tiles: 0 }]);
    expect(world.posted).toContainEqual(lostMessage);
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  it('has nothing twice, and leaves nothing behind, when one of its layers is lost and comes back', async () => {
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

  it('is told lost when a map asks for one of its tiles, without any page that asks about regions', async () => {
    await save();
    losePacks();
    world.restart();
    world.posted.length = 0;
    for (const url of urls.slice(0, 3)) await world.get(world.worker, url);
    await world.worker.settled();
    expect(world.posted.filter((message) => lostMessage.asymmetricMatch(message))).toHaveLength(1);
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
  });

  it('begins anew when the packs of its first download are deleted, and is not whole before they are there again', async () => {
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

  it('is refused when it does not fit, with both numbers, and nothing stays of it', async () => {
    world.content = (path) => path.padEnd(5000, 'x');
    await expect(world.ask({ action: 'save', spec: { ...SMALL, maxBytes: 50_000 } })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'maxBytes',
      message: expect.stringMatching(/\d{6} bytes.* 50000/),
    });
    expect(await world.ask({ action: 'list' })).toEqual([]);
  });

  it('goes at once when everything is cleared, and does not come back by itself', async () => {
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

  it('is written and read in a few pieces, and not tile by tile', async () => {
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
    // Six packs, of which each is a table and its bodies; the file has its head, metadata and directory besides.
    expect([written, read]).toEqual([12, 9]);
    expect(urls.length).toBeGreaterThan(24);
    expect(await inside()).toEqual(urls.map((url) => `one ${url}`));
  });

  it('brings along that there are no tiles', async () => {
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

  it('has nothing that was purged', async () => {
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

  it('is whole or not written, whatever happens to the region meanwhile', async () => {
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
        // Each pack has to be opened, and takes its time.
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

  it('is read by the archive library, and is the same region on another machine', async () => {
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

  it('that unpacks to more than a machine holds is refused before it is unpacked', async () => {
    await save();
    const made = new Uint8Array(await (await world.ask<Blob>({ action: 'export', region: 'small' })).arrayBuffer());
    const bomb = gzipSync(new Uint8Array(100 * 1024 * 1024));
    world = createRegionWorld();
    // Where the root directory is named, and the metadata.
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

  it('that is broken is refused, and changes nothing', async () => {
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

describe('what a style needs', () => {
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

  it('is there offline with the region, all of one edition', async () => {
    expect(await save({ style: 'https://map.example/style.json' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    world.clock.now += 30 * DAY;
    world.restart();
    expect(await editions()).toEqual(wanted.map(() => 'one'));
    // A map that looks at one of them alone does not mix them.
    edition = 'two';
    await world.get(world.worker, '/sprites/map.json');
    expect(await editions()).toEqual(wanted.map(() => 'one'));
    await world.ask({ action: 'update', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
    expect(await editions()).toEqual(wanted.map(() => 'two'));
  });

  it('has the videos of the style, in the parts that a player asks for', async () => {
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

  /** Of what belongs together: glyphs do not change with a style. */
  const paired = async () => (await editions()).filter((_, i) => !wanted[i]!.startsWith('/fonts/'));

  it('is of one edition wherever the origin publishes while it is read', async () => {
    const seen = new Set<string | undefined>();
    for (let at = 1; at <= 24; at += 1) {
      begin();
      const { content } = world;
      let asked = 0;
      world.content = (path) => {
        if (!path.startsWith('/tiles/') && (asked += 1) === at) edition = 'two';
        return content(path);
      };
      // A map had looked at the style before, and it is fresh yet.
      await world.get(world.worker, '/style.json');
      expect(await save({ style: 'https://map.example/style.json' })).toMatchObject([{ state: 'complete', failed: 0 }]);
      const all = new Set(await paired());
      expect(all.size, `published at the ${at}th request`).toBe(1);
      for (const one of all) seen.add(one);
    }
    expect(seen).toEqual(new Set(['one', 'two']));
  });

  it('is of one edition where the origin publishes while it is waited for', async () => {
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

  it('is kept although it is another one at each request', async () => {
    const { content } = world;
    let asked = 0;
    world.content = (path) => {
      edition = `one and ${(asked += 1)}`;
      return content(path);
    };
    expect(await save({ style: 'https://map.example/style.json' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(world.asked.filter(({ url }) => url.endsWith('/style.json')).length).toBeLessThan(10);
  });

  it('is told where no layer of the worker has it', async () => {
    const [info] = await save({ style: 'https://map.example/elsewhere.json' });
    expect(info).toMatchObject({ state: 'incomplete', failed: 1 });
    expect(info?.failures[0]?.reason).toContain('no layer of the worker has https://map.example/elsewhere.json');
  });
});

it('a command that is sent again while it runs is done once', async () => {
  const [first, second] = await Promise.all([0, 1].map(() => world.ask({ id: 'same', action: 'save', spec: SMALL })));
  expect(second).toEqual(first);
  await world.finish();
  expect(world.tilesAsked().sort()).toEqual([...urls].sort());
});
