// Somebody sets the clock while a region is being made.
import { expect, it } from 'vitest';
import { createRegionWorld, SMALL, urlsOf } from './world';

const LARGE = { ...SMALL, zooms: [5, 12] } as const;
const drive = (world: ReturnType<typeof createRegionWorld>) =>
  world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });

it.each([
  ['half an hour back', -30 * 60_000],
  ['to 1970', -Date.parse('2026-01-01')],
  ['a year ahead', 365 * 86_400_000],
])('%s: the origin is not left alone for longer than it was to be', async (_, by) => {
  const world = createRegionWorld();
  await world.ask({ action: 'save', spec: LARGE });
  const { answer } = world;
  world.answer = () => new Response('no', { status: 503, headers: { 'retry-after': '60' } });
  let again: number | undefined = 0;
  while (again === 0) ({ again } = await drive(world));
  expect(again).toBe(60_000);
  world.answer = answer;
  world.asked.length = 0;
  world.clock.now += by;
  await drive(world);
  expect(world.asked.length).toBeGreaterThan(0);
  expect(await world.finish()).toMatchObject([
    { state: 'complete', tiles: urlsOf({ ...LARGE, zooms: [5, 12] }).length },
  ]);
});

it('a slice ends in time where the clock is set back meanwhile', async () => {
  const world = createRegionWorld();
  await world.ask({ action: 'save', spec: LARGE });
  const { answer } = world;
  world.answer = (request) => {
    world.clock.now += world.asked.length === 3 ? -3_600_000 : 1000;
    return answer(request);
  };
  world.asked.length = 0;
  await drive(world);
  // Those that were under way when it was.
  expect(world.asked.length).toBeLessThan(20);
});
