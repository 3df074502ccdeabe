// On a busy disk, storage answers late, but it does answer.
import { beforeEach, expect, it } from 'vitest';
import { regions } from '../../../sw/regions';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { fakeTimers, settle, type FakeTimers } from '../fakes/timers';
import { createWorld, ORIGIN, type World } from '../fakes/world';
import { createRegionWorld, SMALL, urlsOf } from '../regions/world';

const LAYERS = { roads: { maxAge: 60, staleIfError: Infinity } };
const urls = Array.from({ length: 20 }, (_, x) => `/tiles/roads/5/${x}/3`);

let world: World;
let clock: FakeTimers;
beforeEach(() => {
  world = createWorld();
  clock = fakeTimers({ soon: 500 });
});

/** Cache Storage whose reads take this long. */
const busy = ({ caches }: World, ms: number, what = /^(open|match)/) => {
  const slow = new FakeCacheStorage((did) =>
    what.test(did) ? new Promise((resolve) => void clock.setTimeout(resolve, ms)) : Promise.resolve(),
  );
  return Object.assign(slow, { caches: caches.caches }).asStorage();
};
const ask = (cache: ReturnType<World['start']>, url: string) => {
  const request = new Request(`${ORIGIN}${url}`);
  return cache.handle({ request, address: cache.match(request.url)! });
};
const allOf = async (cache: ReturnType<World['start']>, paths: readonly string[]) => {
  const handled = paths.map((url) => ask(cache, url));
  await clock.pass(60_000);
  const answers = await Promise.all(
    handled.map(async ({ response }) => (await response.catch(() => undefined))?.status),
  );
  await Promise.all(handled.map(({ done }) => done));
  return answers;
};

for (const what of ['match', 'open', 'open|match'])
  it(`stores each tile that comes while ${what} takes three seconds`, async () => {
    const slow = world.start({ layers: LAYERS }, { ...clock, caches: busy(world, 3000, new RegExp(`^(${what})`)) });
    expect(new Set(await allOf(slow, urls))).toEqual(new Set([200]));
    const swift = world.start({ layers: LAYERS });
    world.asked.length = 0;
    for (const url of urls) await world.get(swift, url);
    expect(world.asked).toEqual([]);
  });

it('answers with each stored tile if there is no network', async () => {
  const first = world.start({ layers: LAYERS });
  for (const url of urls) await world.get(first, url);
  await settle();
  world.answer = () => Promise.reject(new TypeError('no network'));
  const slow = world.start({ layers: LAYERS }, { ...clock, caches: busy(world, 3000) });
  expect(new Set(await allOf(slow, urls))).toEqual(new Set([200]));
});

it('answers with each tile of a region if there is no network', async () => {
  const saved = createRegionWorld({ layers: LAYERS });
  await saved.ask({ action: 'save', spec: SMALL });
  expect(await saved.finish()).toMatchObject([{ state: 'complete' }]);
  saved.reachable = false;
  const slow = saved.start({ layers: LAYERS, regions: regions() }, { ...clock, caches: busy(saved, 4000) });
  expect(new Set(await allOf(slow, urlsOf(SMALL)))).toEqual(new Set([200]));
});
