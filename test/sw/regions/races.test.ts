// Whatever concurrent commands pages send for one region, it ends complete or removed, and leaves nothing behind.
import { openDB } from 'idb';
import { describe, expect, it } from 'vitest';
import type { RegionInfo } from '../../../src/shared/regions';
import { openArchiveFile } from '../../../sw/regions/archive-file';
import { seeded } from '../fakes/seeded';
import { ORIGIN } from '../fakes/world';
import { createRegionWorld, type RegionWorld, SMALL, urlsOf } from './world';

const SPEC = { ...SMALL, zooms: [5, 9] as [number, number] };
const urls = urlsOf(SPEC);
const RUNS = Number(process.env['REGION_RACES'] ?? 15);

const turns = async (count: number) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};
const tell = (world: RegionWorld, message: object) =>
  new Promise<void>((resolve) => void world.worker.message(message, { postMessage: () => resolve() }));

/** Returns the number of tiles that wait for their pack. */
async function countStaged(): Promise<number> {
  const connection = await openDB(`tile-cache-regions:${ORIGIN}/`);
  const count = connection.objectStoreNames.contains('staged') ? await connection.count('staged') : 0;
  connection.close();
  return count;
}

async function fileOfSmall(): Promise<Blob> {
  const world = createRegionWorld();
  await world.ask({ action: 'save', spec: SPEC });
  await world.finish();
  return world.ask({ action: 'export', region: 'small' });
}

describe('concurrent commands', () => {
  it('leave a region complete or removed, files complete or missing, and nothing else', async () => {
    const file = await fileOfSmall();
    const count = (await openArchiveFile(file)).tiles;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = seeded(seed);
      const world = createRegionWorld();
      let edition = 1;
      world.content = (path) => `${edition} ${path}`;
      const files: Blob[] = [];
      const of = (action: string, more: object = {}) => world.ask({ action, region: 'small', ...more });
      const orders: Record<string, () => Promise<unknown>> = {
        save: () => of('save', { spec: SPEC }),
        update: () => of('update'),
        remove: () => of('remove'),
        pause: () => of('pause'),
        resume: () => of('resume'),
        import: () => of('import', { file }),
        export: () => of('export').then((made) => files.push(made as Blob)),
        drive: () => of('drive', { metered: false, online: true }),
        purge: () => tell(world, { type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [9, 53, 9.4, 53.2] }),
        publish: async () => void (edition += 1),
        clear: () => tell(world, { type: 'TILE_CLEAR', layer: 'roads' }),
      };
      const names = Object.keys(orders);
      const played: string[] = [];
      const running: Array<Promise<unknown>> = [];
      if (random() < 0.5) {
        await orders['save']!();
        await world.finish();
      }
      for (let i = 0; i < 12; i += 1) {
        const name = names[Math.floor(random() * names.length)]!;
        played.push(name);
        world.clock.now += 1000;
        running.push(
          orders[name]!().catch((error: { code?: string }) =>
            expect(error.code, `${seed}: ${name}`).toMatch(/^(INVALID_OPTION|STORAGE_FAILED)$/),
          ),
        );
        await turns(Math.floor(random() * 40));
      }
      await Promise.all(running);
      const why = `seed ${seed}: ${played.join(', ')}`;
      for (const made of files) {
        const archive = await openArchiveFile(made);
        const purged = played.includes('purge');
        expect(archive.tiles, why).toBeLessThanOrEqual(count);
        if (!purged) expect(archive.tiles, why).toBe(count);
      }
      // Save the region again. A worker that starts later knows only what is stored.
      world.restart();
      const [left] = await world.ask<RegionInfo[]>({ action: 'list' });
      if (left?.state === 'paused') await of('resume');
      // Work in progress continues first.
      await world.finish();
      if (left) await of('update');
      const all = await world.finish();
      if (left) expect(all, why).toMatchObject([{ state: 'complete', failed: 0, tiles: urls.length }]);
      const texts = [];
      for (const url of urls) texts.push(await world.offline(url));
      if (left) expect(texts, why).toEqual(urls.map((url) => `${edition} ${url}`));
      const caches = [...world.caches.caches.keys()].filter((name) => name.split(':').length > 4);
      expect(caches.length, why).toBe(left ? 1 : 0);
      expect(await countStaged(), why).toBe(0);
    }
  }, 240_000);
});
