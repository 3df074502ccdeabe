// The full run: REGION_TILES=10000.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RegionSpec } from '../../../src/shared/regions';
import { seeded } from '../fakes/seeded';
import { mortalWhen } from './mortal';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, urlsOf } from './world';

const TILES = Number(process.env['REGION_TILES'] ?? 1000);
const STOPS = TILES / 200;
const KILLS = TILES / 1000;

/** Returns a region of at least this many tiles: 50 × 50 of the highest zoom, and so on. */
const SPEC: RegionSpec = {
  id: 'large',
  layers: [ROADS],
  bounds: boundsOf(14, 8600, 5300, Math.ceil(Math.sqrt(TILES))),
  zooms: [14, 14],
};
const urls = urlsOf(SPEC);

/** Aborts open transactions of the regions' database, as killing the browser does. Stopping a worker lets them finish. */
function watchTransactions(): { abortAll: () => void; restore: () => void } {
  const { transaction } = IDBDatabase.prototype;
  const open = new Set<IDBTransaction>();
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given) {
    const made = transaction.apply(this, given);
    if (made.mode !== 'readwrite' || !made.objectStoreNames.contains('staged')) return made;
    open.add(made);
    for (const end of ['complete', 'abort']) made.addEventListener(end, () => open.delete(made));
    return made;
  };
  return {
    abortAll() {
      for (const one of open) {
        try {
          one.abort();
        } catch {
          // The transaction has already been committed.
        }
      }
    },
    restore: () => void (IDBDatabase.prototype.transaction = transaction),
  };
}

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const bodyOf = (path: string) => `${path} ${sha(path).repeat(3)}`;

/** Drives until this many tiles have been requested, and stops the worker some storage steps later. */
async function untilStopped(world: RegionWorld, asked: number, later: number): Promise<void> {
  let left = later;
  const dead = mortalWhen(world, () => {
    if (world.asked.length >= asked) left -= 1;
    return left < 0;
  });
  await Promise.race([dead, world.finish(10_000)]);
}

describe(`a region of ${TILES} tiles`, () => {
  it(
    `is complete after ${STOPS} stops of the worker and ${KILLS} kills of the browser, and requests at most 2 % twice`,
    async () => {
      const random = seeded(Number(process.env['FC_SEED'] ?? 7));
      const world = createRegionWorld();
      world.content = bodyOf;
      const transactions = watchTransactions();
      try {
        await world.ask({ action: 'save', spec: SPEC });
        const ends = Array.from({ length: STOPS + KILLS }, (_, i) => ({
          kills: i < KILLS,
          asked: Math.floor(random() * 0.98 * urls.length),
          later: Math.floor(random() * 20),
        })).sort((a, b) => a.asked - b.asked);
        let [before, met] = [0, 0];
        for (const { kills, asked, later } of ends) {
          await untilStopped(world, asked, later);
          met += 1;
          if (kills) transactions.abortAll();
          world.restart();
          const [info] = await world.ask<Array<{ tiles: number; state: string }>>({ action: 'list' });
          expect(info!.state).not.toBe('complete');
          // A killed browser loses what was not durable.
          if (!kills) expect(info!.tiles).toBeGreaterThanOrEqual(before);
          before = info!.tiles;
        }
        expect(met).toBe(STOPS + KILLS);
        expect(await world.finish(10_000)).toMatchObject([{ state: 'complete', tiles: urls.length, failed: 0 }]);
      } finally {
        transactions.restore();
      }
      expect(urls.length).toBeGreaterThanOrEqual(TILES);
      expect(new Set(world.tilesAsked()).size).toBe(urls.length);
      expect(world.tilesAsked().length - urls.length).toBeLessThanOrEqual(urls.length * 0.02);
      for (const url of urls) expect(sha((await world.offline(url)) ?? ''), url).toBe(sha(bodyOf(url)));
    },
    60_000 + TILES * 100,
  );
});
