import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';
import { regions } from '../../../sw/regions';
import { lateDatabases } from '../fakes/late-databases';
import { fakeTimers } from '../fakes/timers';
import { ORIGIN } from '../fakes/world';
import { createRegionWorld, SMALL, urlsOf, type RegionWorld } from './world';

const urls = urlsOf(SMALL);
const packCaches = (world: RegionWorld) => [...world.caches.caches.keys()].filter((name) => name.endsWith(':small'));

/** Deletes one database or all of them, as the browser may. */
async function lose(world: RegionWorld, which: 'all' | 'regions'): Promise<void> {
  if (which === 'all') globalThis.indexedDB = new IDBFactory();
  else
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`tile-cache-regions:${ORIGIN}/`);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error!);
    });
  world.restart();
}

async function saved(): Promise<RegionWorld> {
  const world = createRegionWorld();
  await world.ask({ action: 'save', spec: { ...SMALL, name: 'Small' } });
  await world.finish();
  world.asked.length = 0;
  return world;
}

describe('a region whose databases are lost', () => {
  it('still has all its tiles, and fetches no body again', async () => {
    const world = await saved();
    await lose(world, 'all');
    // The rules are lost, and a purge may be among them. So each tile is validated before it is shown.
    const answer = world.answer;
    let bodies = 0;
    world.answer = async (request) => {
      const response = await answer(request);
      if (response.status === 200) bodies += 1;
      return response;
    };
    expect(await world.finish()).toMatchObject([{ name: 'Small', state: 'complete', tiles: urls.length }]);
    expect(bodies).toBe(0);
    expect(packCaches(world)).toHaveLength(1);
    world.restart();
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
    for (const url of urls) expect(await world.offline(url)).toBe(`one ${url}`);
  });

  it('continues unchanged if only its own database is lost', async () => {
    const world = await saved();
    await lose(world, 'regions');
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
    expect(world.asked).toEqual([]);
  });

  it('takes over the packs of an unfinished first download', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: SMALL });
    const answer = world.answer;
    let left = urls.length - 10;
    world.answer = (request) => {
      left -= 1;
      if (left < 0) throw new TypeError('no network');
      return answer(request);
    };
    await world.finish(3);
    expect(packCaches(world)).toHaveLength(1);
    const [before] = await world.ask<Array<{ tiles: number }>>({ action: 'list' });
    await lose(world, 'regions');
    world.answer = answer;
    world.asked.length = 0;
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length }]);
    expect(before!.tiles).toBeGreaterThan(0);
    expect(world.tilesAsked().length).toBeLessThan(urls.length);
  });

  it('that was removed before does not come back', async () => {
    const world = await saved();
    // The worker is stopped before it has deleted the packs.
    const drop = world.caches.delete.bind(world.caches);
    world.caches.delete = () => new Promise(() => {});
    void world.ask({ action: 'remove', region: 'small' }).catch(() => {});
    await expect.poll(async () => (await world.ask<unknown[]>({ action: 'list' })).length).toBe(0);
    world.caches.delete = drop;
    await lose(world, 'regions');
    expect(await world.finish()).toEqual([]);
    expect(packCaches(world)).toEqual([]);
  });

  it('does not trust the HTTP cache if everything else is lost', async () => {
    const world = await saved();
    for (const name of world.caches.caches.keys())
      if (!packCaches(world).includes(name)) world.caches.caches.delete(name);
    await lose(world, 'all');
    // Outside the region: a purge may be forgotten, and the HTTP cache still has the purged tile.
    for (const init of [{}, { method: 'HEAD' }]) {
      world.asked.length = 0;
      await world.get(world.worker, '/tiles/roads/3/1/1', init);
      expect(world.asked.map(({ cache }) => cache)).not.toContain('default');
    }
  });

  it('that was cleared meanwhile does not come back', async () => {
    const world = await saved();
    await lose(world, 'regions');
    await new Promise<void>((resolve) => {
      void world.worker.message({ type: 'TILE_CLEAR' }, { postMessage: () => resolve() });
    });
    expect(packCaches(world)).toEqual([]);
    await lose(world, 'all');
    expect(await world.finish()).toEqual([]);
  });
});

describe('a region whose tile cache is removed', () => {
  it('leaves nothing behind, even during its download', async () => {
    const world = createRegionWorld();
    const spec = { ...SMALL, zooms: [5, 12] as [number, number] };
    await world.ask({ action: 'save', spec });
    const { answer } = world;
    let asked = 0;
    let removing: Promise<unknown> | undefined;
    world.answer = (request) => {
      asked += 1;
      // Do as a page does: stop the worker, and delete everything.
      if (asked === 12)
        removing = (async () => {
          await world.worker.message({ type: 'TILE_STOP' }, { postMessage: () => {} });
          world.caches.caches.clear();
          globalThis.indexedDB = new IDBFactory();
        })();
      return answer(request);
    };
    await world.ask({ action: 'drive', metered: false, online: true }).catch(() => {});
    await removing;
    await world.worker.settled();
    for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeGreaterThanOrEqual(12);
    expect(asked).toBeLessThan(60);
    expect(urlsOf(spec).length).toBeGreaterThan(300);
    expect([...world.caches.caches.keys()]).toEqual([]);
    expect(await indexedDB.databases()).toEqual([]);
  });
});

describe('a region whose database does not answer', () => {
  it('is listed and answered as recorded in the ledger, and cannot be changed until the database answers', async () => {
    const world = await saved();
    // An endlessly looping worker has the database open, and it is being deleted.
    const { wake } = lateDatabases(/regions/);
    const clock = fakeTimers({ soon: 500 });
    world.worker = world.start({ layers: { roads: { maxAge: 60 } }, regions: regions() }, clock);
    const passing = async <T>(work: Promise<T>): Promise<T> => {
      await clock.pass(60_000);
      return work;
    };
    expect(await passing(world.ask({ action: 'list' }))).toMatchObject([{ name: 'Small', state: 'complete' }]);
    for (const url of urls) expect(await world.offline(url)).toBe(`one ${url}`);
    const pausing = world.ask({ action: 'pause', region: 'small' });
    await expect(Promise.all([pausing, clock.pass(60_000)])).rejects.toThrow();
    wake();
    await passing(world.ask({ action: 'pause', region: 'small' }));
    expect(await passing(world.ask({ action: 'list' }))).toMatchObject([{ state: 'paused' }]);
    await passing(world.ask({ action: 'resume', region: 'small' }));
    expect(await passing(world.ask({ action: 'list' }))).toMatchObject([{ state: 'complete' }]);
  });
});

describe('a region that is changed during a slice', () => {
  it('keeps the change: no slice overwrites it with the previous state', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: SMALL });
    const drive = () => world.ask({ action: 'drive', metered: false, online: true }).catch(() => {});
    for (let wait = 0; wait < 12; wait += 1) {
      await world.ask({ action: 'resume', region: 'small' });
      const driving = drive();
      for (let i = 0; i < wait; i += 1) await new Promise((resolve) => setImmediate(resolve));
      const pausing = world.ask({ action: 'pause', region: 'small' });
      // The page starts the next slice as soon as one has ended.
      const again = driving.then(drive);
      await Promise.all([pausing, again]);
      expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'paused' }]);
      world.restart();
    }
  });
});
