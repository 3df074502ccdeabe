import { describe, expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const STORED = '/tiles/roads/3/1/2.png';
const OTHER = '/tiles/roads/3/1/3.png';

type Cache = ReturnType<ReturnType<typeof createWorld>['start']>;

async function switchTo(cache: Cache, mode: unknown) {
  const acks: Array<{ ok: boolean; error?: { field?: string } }> = [];
  await cache.message({ type: 'TILE_NETWORK', id: 'a', mode }, { postMessage: (ack: never) => void acks.push(ack) });
  await cache.settled();
  return acks[0];
}

/** Requests fresh and stale tiles, a miss and a background validation, all of which may cause requests. */
async function browse(world: ReturnType<typeof createWorld>, cache: Cache): Promise<number[]> {
  world.clock.now += 3_600_000;
  const codes = [];
  for (const url of [STORED, OTHER]) codes.push((await world.get(cache, url)).status);
  return codes;
}

describe('the network switched off', () => {
  it('sends no request, answers from the store, and stays off across restarts until it is switched on', async () => {
    const world = createWorld();
    const layers = { roads: { staleIfError: 86_400 } };
    let cache = world.start({ layers });
    await world.get(cache, STORED);
    expect(await switchTo(cache, 'off')).toMatchObject({ ok: true });
    expect(world.posted).toContainEqual({ type: 'TILE_NOTICE', notice: 'network', detail: 'off' });
    world.asked.length = 0;
    for (let i = 0; i < 3; i++) {
      expect(await browse(world, cache)).toEqual([200, expect.not.stringMatching(/2../)]);
      cache = world.start({ layers });
    }
    expect(world.asked).toEqual([]);
    await switchTo(cache, 'on');
    expect(await browse(world, cache)).toEqual([200, 200]);
    expect(world.asked.length).toBeGreaterThan(0);
  });

  it('uses only unmetered connections, as the browser reports for each request', async () => {
    const world = createWorld();
    let metered = false;
    const cache = world.start({ layers: { roads: { staleIfError: 86_400 } } }, { metered: () => metered });
    await switchTo(cache, 'unmetered');
    await world.get(cache, STORED);
    expect(world.asked).toHaveLength(1);
    metered = true;
    await browse(world, cache);
    expect(world.asked).toHaveLength(1);
    metered = false;
    await world.get(cache, OTHER);
    expect(world.asked.length).toBeGreaterThan(1);
  });

  it('refuses other values, and changes nothing', async () => {
    const world = createWorld();
    const cache = world.start();
    expect(await switchTo(cache, 'sometimes')).toMatchObject({ ok: false, error: { field: 'mode' } });
    await world.get(cache, STORED);
    expect(world.asked).toHaveLength(1);
  });
});
