// The clock is set during the download of a region.
import { expect, it } from 'vitest';
import { createRegionWorld, SMALL, urlsOf } from './world';

const LARGE = { ...SMALL, zooms: [5, 12] } as const;
const drive = (world: ReturnType<typeof createRegionWorld>) =>
  world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });

it.each([
  ['half an hour back', -30 * 60_000],
  ['to 1970', -Date.parse('2026-01-01')],
  ['a year ahead', 365 * 86_400_000],
])('%s: the region does not wait longer than Retry-After', async (_, by) => {
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

it('a slice ends in time if the clock is set back meanwhile', async () => {
  const world = createRegionWorld();
  await world.ask({ action: 'save', spec: LARGE });
  const { answer } = world;
  world.answer = (request) => {
    world.clock.now += world.asked.length === 3 ? -3_600_000 : 1000;
    return answer(request);
  };
  world.asked.length = 0;
  await drive(world);
  // Only those in flight at that time.
  expect(world.asked.length).toBeLessThan(20);
});

it.each<[string, number, boolean]>([
  ['ran ten years ahead, unnoticed', 3650, false],
  ['ran ten years ahead, as the origin’s Date proves', 3650, true],
  ['began in 1970, as the origin’s Date proves', -20_000, true],
])(
  'a tile that a map has fetched later is answered offline instead of the region’s if the clock %s',
  async (_, days, dated) => {
    const world = createRegionWorld();
    const by = days * 86_400_000;
    let ahead = by;
    const make = (text: string) => (path: string) =>
      new Response(`${text} ${path}`, {
        headers: {
          'cache-control': 'max-age=60',
          ...(dated && { date: new Date(world.clock.now - ahead).toUTCString() }),
        },
      });
    const [url, other] = urlsOf(SMALL) as [string, string];
    const [first, second] = by > 0 ? ['region', 'map'] : ['map', 'region'];
    const orders: Record<string, () => Promise<unknown>> = {
      map: () => world.get(world.worker, url),
      region: async () => {
        await world.ask({ action: 'save', spec: SMALL });
        expect(await world.finish()).toMatchObject([{ state: 'complete' }]);
      },
    };
    // Ahead: the region is saved first, under the wrong clock. Behind: the region is updated last, under the wrong clock.
    const wrong = first === 'region';
    if (wrong) world.clock.now += by;
    else ahead = 0;
    world.content = make('older');
    await orders[first!]!();
    world.clock.now += wrong ? -by : by + 86_400_000;
    ahead = wrong ? 0 : by;
    world.restart();
    world.content = make('newer');
    await orders[second!]!();
    expect(await world.offline(url)).toBe(`newer ${url}`);
    expect(await world.offline(other)).toBe(`${wrong ? 'older' : 'newer'} ${other}`);
  },
);
