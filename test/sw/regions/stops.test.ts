import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mortal } from './mortal';
import { createRegionWorld, SMALL, urlsOf, type RegionWorld } from './world';

const urls = urlsOf(SMALL);
/** Stops the worker repeatedly while it works, and then lets one finish. */
async function withStops(world: RegionWorld, stops: readonly number[]): Promise<number[]> {
  const counts: number[] = [];
  for (const steps of stops) {
    const dead = mortal(world, steps);
    await Promise.race([dead, world.finish()]);
    world.restart();
    const [info] = await world.ask<Array<{ tiles: number }>>({ action: 'list' });
    counts.push(info?.tiles ?? 0);
  }
  return counts;
}

const stops = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 });

describe('a region whose worker is stopped at any step', () => {
  it('becomes complete with few repeated requests, and its progress never decreases', async () => {
    await fc.assert(
      fc.asyncProperty(stops, async (all) => {
        const world = createRegionWorld();
        await world.ask({ action: 'save', spec: SMALL });
        const counts = await withStops(world, all);
        expect(counts).toEqual([...counts].sort((a, b) => a - b));
        world.restart();
        expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urls.length, failed: 0 }]);
        // The requests in flight when the worker was stopped.
        expect(world.tilesAsked().length).toBeLessThanOrEqual(urls.length + 16 * all.length);
        for (const url of urls) expect(await world.offline(url)).toBe(`one ${url}`);
      }),
      { numRuns: 15 },
    );
  });

  it('shows the old edition until the new one is complete, and never both', async () => {
    await fc.assert(
      fc.asyncProperty(stops, async (all) => {
        const world = createRegionWorld();
        await world.ask({ action: 'save', spec: SMALL });
        await world.finish();
        world.clock.now += 86_400_000;
        world.content = (path) => `two ${path}`;
        await world.ask({ action: 'update', region: 'small' });
        for (const steps of all) {
          const dead = mortal(world, steps);
          await Promise.race([dead, world.finish()]);
          world.restart();
          const texts = [];
          for (const url of urls) texts.push((await world.offline(url))?.split(' ')[0]);
          expect(new Set(texts).size).toBe(1);
        }
        await world.finish();
        for (const url of urls) expect(await world.offline(url)).toBe(`two ${url}`);
      }),
      { numRuns: 12 },
    );
  });
});
