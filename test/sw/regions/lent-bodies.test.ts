// Bodies that one region shares with another exist as long as either region does.
import { describe, expect, it } from 'vitest';
import { FakeCacheStorage } from '../fakes/fake-caches';
import type { RegionInfo } from '../../../src/shared/regions';
import { createRegionWorld, type RegionWorld, SMALL, urlsOf } from './world';

const OTHER = { ...SMALL, id: 'other' };
const urls = urlsOf(SMALL);

/** `before` runs before each effect on Cache Storage once the first region is complete. */
async function lent(before: (what: string) => Promise<void> = async () => {}) {
  const world = createRegionWorld();
  let pause = async (_: string) => {};
  world.caches = new FakeCacheStorage((what) => pause(what));
  world.restart();
  await world.ask({ action: 'save', spec: SMALL });
  await world.finish();
  const asked = world.asked.length;
  pause = before;
  await world.ask({ action: 'save', spec: OTHER });
  const missing = async () => {
    const gone: string[] = [];
    for (const url of urls) if ((await world.offline(url)) !== `one ${url}`) gone.push(url);
    return gone;
  };
  return { world, asked, missing };
}

const isPackOf = (what: string) => what.startsWith('put ') && what.includes('/__stc/pack/');

describe('a region that is removed while another one borrows from it', () => {
  it.each([1, 2, 3, 4, 5, 6])('leaves the other one complete: at its pack %i', async (at) => {
    let packs = 0;
    let removed: Promise<unknown> | undefined;
    const { world, missing } = await lent(async (what) => {
      if (!isPackOf(what) || (packs += 1) !== at) return;
      removed = world.ask({ action: 'remove', region: SMALL.id });
      await removed;
    });
    await world.finish();
    expect(removed).toBeDefined();
    world.restart();
    world.clock.now += 86_400_000;
    expect(await world.ask({ action: 'list' })).toMatchObject([{ id: 'other', state: 'complete', tiles: urls.length }]);
    expect(await missing()).toEqual([]);
  });
});

describe('a region whose packs the browser has deleted', () => {
  it('makes regions incomplete that borrow from them, and they become complete again', async () => {
    const { world, asked, missing } = await lent();
    await world.finish();
    // No request was sent, because all bodies are borrowed.
    expect(world.asked).toHaveLength(asked);
    await world.caches.delete((await world.caches.keys()).find((name) => name.endsWith('::small'))!);
    world.restart();
    world.clock.now += 86_400_000;
    expect(await missing()).toEqual(urls);
    expect(await world.ask({ action: 'list' })).toMatchObject([
      { id: 'other', state: 'updating' },
      { id: 'small', state: 'lost' },
    ]);
    await world.ask({ action: 'remove', region: SMALL.id });
    expect(await world.finish()).toMatchObject([{ id: 'other', state: 'complete', failed: 0 }]);
    expect(await missing()).toEqual([]);
  });
});

describe('a region that has taken over bodies', () => {
  const storedOf = async (world: RegionWorld, id: string): Promise<number> =>
    (await world.ask<RegionInfo[]>({ action: 'list' })).find((info) => info.id === id)!.stored;
  const heldBy = async (world: RegionWorld, id: string): Promise<number> => {
    const cache = await world.caches.open((await world.caches.keys()).find((name) => name.endsWith(`::${id}`))!);
    let bytes = 0;
    for (const { url } of await cache.keys())
      if (url.includes('/pack/')) bytes += (await (await cache.match(url))!.blob()).size;
    return bytes;
  };

  it('counts them when their owner is removed', async () => {
    const { world, missing } = await lent();
    await world.finish();
    const before = await storedOf(world, 'other');
    expect(before).toBe(await heldBy(world, 'other'));
    await world.ask({ action: 'remove', region: SMALL.id });
    await world.worker.settled();
    expect(await heldBy(world, 'other')).not.toBe(before);
    expect(await storedOf(world, 'other')).toBe(await heldBy(world, 'other'));
    expect(await missing()).toEqual([]);
  });

  it('counts them when their owner has newer ones, in the current edition and in the draft', async () => {
    const { world } = await lent();
    await world.finish();
    const before = await storedOf(world, 'other');
    await world.ask({ action: 'update', region: 'other' });
    await world.ask({ action: 'pause', region: 'other' });
    world.content = (path) => `two ${path}`;
    await world.ask({ action: 'update', region: SMALL.id });
    await world.finish();
    expect(await storedOf(world, 'other')).not.toBe(before);
    expect(await storedOf(world, 'other')).toBe(await heldBy(world, 'other'));
    await world.ask({ action: 'resume', region: 'other' });
    await world.finish();
    expect(await storedOf(world, 'other')).toBe(await heldBy(world, 'other'));
  });

  it('keeps them even if their owner is removed as soon as it has newer ones', async () => {
    const { world, missing } = await lent();
    await world.finish();
    world.content = (path) => `two ${path}`;
    await world.ask({ action: 'update', region: SMALL.id });
    let removed: Promise<unknown> | undefined;
    world.posted.push = (message) => {
      const { region } = message as { region?: RegionInfo };
      if (region?.id === SMALL.id && region.edition === 2)
        removed ??= world.ask({ action: 'remove', region: SMALL.id });
      return 0;
    };
    await world.finish();
    expect(removed).toBeDefined();
    await removed;
    expect(await world.ask({ action: 'list' })).toMatchObject([{ id: 'other', state: 'complete' }]);
    world.restart();
    world.clock.now += 86_400_000;
    expect(await missing()).toEqual([]);
  });
});
