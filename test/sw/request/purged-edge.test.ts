// The worker learns of a purge before the edge has executed it: `Age` shows that the edge stored the bytes long before.
import { expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { fakeTimers } from '../fakes/timers';
import { createWorld } from '../fakes/world';

const URL = '/tiles/roads/3/4/5.bin';
/** Of the tile above. */
const INSIDE = [1, -70, 44, -42];
const OUTSIDE = [-170, 10, -140, 40];
const UPDATED = { type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 4, y: 5 }] };

/** Returns a world after an invalidation, whose edge stored the tile this many seconds before. */
async function invalidated(
  filled: number | undefined,
  { layer = {}, command = {} }: { layer?: LayerOptions; command?: object } = {},
) {
  const world = createWorld();
  const timers = fakeTimers({ soon: 500, clock: world.clock });
  const edge = { text: 'old', filledAt: undefined as number | undefined, asked: 0 };
  world.answer = () => {
    edge.asked += 1;
    const age = edge.filledAt !== undefined && { age: String(Math.floor((world.clock.now - edge.filledAt) / 1000)) };
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=86400', ...age };
    return new Response(edge.text, { headers });
  };
  const { setTimeout, clearTimeout } = timers;
  const cache = world.start({ layers: { roads: layer } }, { setTimeout, clearTimeout });
  const get = async () => {
    const answered = await world.get(cache, URL);
    return `${await answered.text()}: ${answered.headers.get('cache-status')}`;
  };
  const invalidate = async (more: object) => {
    await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads', ...more }, undefined);
    await cache.settled();
  };
  await get();
  await invalidate(command);
  if (filled !== undefined) edge.filledAt = world.clock.now - filled * 1000;
  edge.asked = 0;
  const purgeEdge = () => Object.assign(edge, { text: 'new', filledAt: undefined });
  return { world, timers, edge, get, purgeEdge, invalidate };
}

it.each([{}, { mode: 'stale' }, { bbox: INSIDE }])(
  'the screen is current soon after the edge is, after an invalidation of %j',
  async (command) => {
    const { world, timers, get, purgeEdge } = await invalidated(3600, { command });
    expect(await get()).toMatch(/^old: .*fwd=/);
    expect(await get()).not.toMatch(/ttl=[1-9]/);
    await timers.pass(3000);
    purgeEdge();
    world.posted.length = 0;
    await timers.pass(5000);
    expect(world.posted).toContainEqual(UPDATED);
    expect(await get()).toMatch(/^new: .*hit; ttl=86/);
  },
);

it('costs one additional request if the edge is never purged, and no more', async () => {
  const { timers, edge, get } = await invalidated(3600);
  await get();
  await timers.pass(180_000);
  const before = edge.asked;
  expect(before).toBeLessThan(12);
  for (let i = 0; i < 3; i += 1) expect(await get()).toMatch(/^old: .*hit; ttl=[1-9]/);
  await timers.pass(300_000);
  expect(edge.asked).toBe(before);
});

it.each([
  ['another request filled the edge just after its purge', 10, {}],
  ['the edge sends no Age', undefined, {}],
  ['the purge concerned other tiles', 3600, { command: { bbox: OUTSIDE } }],
  ['settleTime is 0', 3600, { layer: { settleTime: 0 } }],
])('the edge is trusted at once if %s', async (_, filled, options) => {
  const { timers, edge, get } = await invalidated(filled, options);
  await get();
  expect(await get()).toMatch(/hit; ttl=[1-9]/);
  await timers.pass(60_000);
  expect(edge.asked).toBeLessThan(2);
});

it('works for each of several boxes that are purged one after another', async () => {
  const { get, invalidate, timers } = await invalidated(3600, { command: { bbox: INSIDE } });
  for (let i = 0; i < 3; i += 1) {
    await timers.pass(1000);
    await invalidate({ bbox: OUTSIDE });
  }
  await get();
  expect(await get()).not.toMatch(/ttl=[1-9]/);
  await timers.pass(60_000);
  await invalidate({ bbox: OUTSIDE });
  expect(await get()).toMatch(/hit; ttl=[1-9]/);
});
