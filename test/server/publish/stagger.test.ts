import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { roundsOf } from '../../../server/publish/stagger';
import { zoomTag, zoomTags } from '../../../server/tiles/cache-tags';
import { parseState } from '../../../server/versions/parse-state';
import { createMemoryVersionStore, type VersionStore } from '../../../server/versions/version-store';
import { purgeFailed, type Purger, type PurgeRequest } from '../../../server/purge/purger';
import { settled } from './settled';
import { testOrigin, TOKEN } from '../helpers';

describe('the parts of a purge', () => {
  const names = (upTo: number, zooms: [number, number], tags = ['layer:roads']) =>
    roundsOf('roads', { tags }, upTo, zooms).map(({ name }) => name);

  it('are everything without a zoom with the low zooms, then zoom by zoom, the last with all zooms above', () => {
    expect(names(10, [0, 14])).toEqual(['zooms 0 to 10', 'zoom 11', 'zoom 12', 'zoom 13', 'zooms 14 and above']);
    const [first, ...rest] = roundsOf('roads', { tags: ['layer:roads', 'region:nyc'] }, 10, [0, 14]);
    expect(first!.tags).toEqual(['layer:roads:other', 'region:nyc', ...zoomTags('roads').slice(1, 12)]);
    expect(rest[0]!.tags).toEqual([zoomTag('roads', 11)]);
  });

  it.each([
    [10, [0, 8]],
    [0, [0, 0]],
    [30, [0, 30]],
    [3, [2, 52]],
  ] as Array<[number, [number, number]]>)('together leave nothing, upTo %i, zooms %j', (upTo, zooms) => {
    const all = roundsOf('roads', { tags: ['layer:roads', 'mine'] }, upTo, zooms).flatMap(({ tags }) => tags);
    expect([...all].sort()).toEqual(['mine', ...zoomTags('roads')].sort());
  });

  it('are the rest of an interrupted one', () => {
    expect(names(10, [0, 14], ['layer:roads:z13', 'layer:roads:z14', 'layer:roads:z15'])).toEqual([
      'zoom 13',
      'zooms 14 and above',
    ]);
  });
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A CDN that records the second and the tags of each request. */
function tagPurger(name = 'cdn', byZoom = true) {
  const start = Date.now();
  const cdn = {
    asked: [] as Array<[second: number, tags: readonly string[]]>,
    broken: (_: PurgeRequest): boolean => false,
    purger: {
      ...{ name, byZoom },
      async purge(request) {
        cdn.asked.push([Math.round((Date.now() - start) / 1000), request.tags]);
        if (cdn.broken(request)) throw purgeFailed(name, 'answered 503');
        return { requests: 1, retries: 0 };
      },
    } as Purger,
  };
  return cdn;
}

const wait = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

function start(store: VersionStore, purgers: Purger[], options = {}) {
  return testOrigin({
    ...{ store, now: Date.now, sleep: wait },
    layers: { roads: { stagger: { upTo: 2, pause: 10 }, edge: { template: '/t/{z}/{x}/{y}.pbf', zooms: [0, 4] } } },
    publish: { token: TOKEN, purgers },
    ...options,
  }).origin;
}

/** Purges the whole layer once, with the option on. */
async function purgedOnce(cdn: ReturnType<typeof tagPurger>) {
  const store = createMemoryVersionStore();
  const origin = start(store, [cdn.purger]);
  await settled(origin.publishNow({ layer: 'roads', version: 'v1' }));
  await origin.close();
  return store;
}

const HIGH = zoomTags('roads').slice(5);

describe('a layer that is purged zoom by zoom', () => {
  it('is purged as a whole once, since older tiles lack zoom tags; then in parts, with a pause before each', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    expect(cdn.asked.map(([, tags]) => tags)).toEqual([['layer:roads']]);
    const origin = start(store, [cdn.purger]);
    const report = await settled(origin.publishNow({ layer: 'roads', version: 'v2' }));
    const seconds = cdn.asked.slice(1).map(([second]) => second);
    expect(seconds.map((second) => second - seconds[0]!)).toEqual([0, 10, 20]);
    expect(cdn.asked.slice(1).map(([, tags]) => tags)).toEqual([
      zoomTags('roads').slice(0, 4),
      ['layer:roads:z3'],
      HIGH,
    ]);
    expect(report.steps.filter(({ cdn: name }) => name).map(({ detail }) => detail)).toEqual([
      'zooms 0 to 2, 1 requests, 0 retries',
      'zoom 3, 1 requests, 0 retries',
      'zooms 4 and above, 1 requests, 0 retries',
    ]);
    expect([report.ok, (await store.read()).layers.roads!.owed]).toEqual([true, undefined]);
    await origin.close();
  });

  it('is purged at once if the CDN does not support zoom tags, or is new', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    const [paths, fresh] = [tagPurger('paths', false), tagPurger('fresh')];
    const origin = start(store, [cdn.purger, paths.purger, fresh.purger]);
    await settled(origin.publishNow({ layer: 'roads', version: 'v2' }));
    await settled(origin.publishNow({ layer: 'roads', version: 'v3' }));
    expect(paths.asked.map(([, tags]) => tags)).toEqual([['layer:roads'], ['layer:roads']]);
    expect(fresh.asked).toHaveLength(4);
    expect(fresh.asked[0]![1]).toEqual(['layer:roads']);
    await origin.close();
  });

  it('is announced only after the last part', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    const origin = start(store, [cdn.purger]);
    const publishing = origin.publishNow({ layer: 'roads', version: 'v2' });
    await settled(asked(cdn, 3));
    await vi.advanceTimersByTimeAsync(5000);
    expect([cdn.asked.length, (await store.read()).layers.roads!.version]).toEqual([3, 'v1']);
    await settled(publishing);
    expect((await store.read()).layers.roads!.version).toBe('v2');
    await origin.close();
  });

  it('continues with the other zooms if one fails, and owes just that one', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    const origin = start(store, [cdn.purger]);
    cdn.broken = ({ tags }) => tags.includes('layer:roads:z3');
    const report = await settled(origin.publishNow({ layer: 'roads', version: 'v2' }));
    expect([report.ok, cdn.asked.length]).toEqual([false, 4]);
    expect((await store.read()).layers.roads!.owed).toMatchObject([{ cdn: 'cdn', tags: ['layer:roads:z3'] }]);
    cdn.broken = () => false;
    await settled(asked(cdn, 5));
    await settled(wait(60));
    expect(cdn.asked.slice(4).map(([, tags]) => tags)).toEqual([['layer:roads:z3']]);
    expect((await store.read()).layers.roads!.owed).toBeUndefined();
    await origin.close();
  });

  it('is resumed with the remaining zooms after a kill between two', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    const first = start(store, [cdn.purger]);
    void first.publishNow({ layer: 'roads', version: 'v2' });
    await settled(asked(cdn, 2));
    await first.close();
    // A killed process sends no more requests.
    vi.clearAllTimers();
    const second = start(store, [cdn.purger]);
    await settled(untilVersion(store, 'v2'));
    expect(cdn.asked.slice(2).map(([, tags]) => tags)).toEqual([['layer:roads:z3'], HIGH]);
    const { begun, layers } = await store.read();
    expect([begun, layers.roads!.owed]).toEqual([undefined, undefined]);
    await second.close();
  });

  it('is purged at once, and owes all of it, if the cache of the origin was not cleared', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    const onClear = vi.fn().mockRejectedValue(new Error('no'));
    const origin = start(store, [], { publish: { token: TOKEN, purgers: [cdn.purger], onClear } });
    await settled(origin.publishNow({ layer: 'roads', version: 'v2' }));
    expect(cdn.asked.slice(1).map(([, tags]) => tags)).toEqual([['layer:roads']]);
    expect((await store.read()).layers.roads!.owed).toMatchObject([
      { tags: ['layer:roads'] },
      { cdn: 'cdn', tags: ['layer:roads'] },
    ]);
    await origin.close();
  });

  it.each([
    ['layer:roads', ['layer:roads'], '; a sample bears no tag of its zoom: all zooms are purged at once'],
    ['layer:roads layer:roads:z0', zoomTags('roads').slice(0, 4), ''],
  ])('is purged according to the tags of the samples at the edge: %s', async (tags, first, said) => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    let version = 'v1';
    const { purge } = cdn.purger;
    cdn.purger.purge = (request) => ((version = 'v2'), purge(request));
    const origin = start(store, [], {
      fetch: async () =>
        new Response('tile', { headers: { 'surrogate-key': tags, 'x-tile-version': version, 'x-cache': 'HIT' } }),
      publish: { token: TOKEN, purgers: [cdn.purger], verify: { samples: 1 } },
    });
    const report = await settled(origin.publishNow({ layer: 'roads', version: 'v2' }));
    expect(cdn.asked[1]![1]).toEqual(first);
    expect(report.steps.find(({ step }) => step === 'tags')!.detail).toBe(`layer:roads is at the edge${said}`);
    await origin.close();
  });

  it('is read from the store with the parts that it had purged', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    const origin = start(store, [cdn.purger]);
    void origin.publishNow({ layer: 'roads', version: 'v2' });
    await settled(asked(cdn, 3));
    const state = await store.read();
    expect(state.begun![0]!.dropped).toEqual([{ cdn: 'cdn', tags: zoomTags('roads').slice(0, 5) }]);
    expect(parseState(JSON.stringify(state))).toEqual(state);
    await origin.close();
    vi.clearAllTimers();
  });

  it('is left alone by other instances during its pauses', async () => {
    const cdn = tagPurger();
    const store = await purgedOnce(cdn);
    const other = start(store, [cdn.purger]);
    const origin = start(store, [cdn.purger]);
    await settled(origin.publishNow({ layer: 'roads', version: 'v2' }));
    expect(cdn.asked).toHaveLength(4);
    await Promise.all([other.close(), origin.close()]);
  });

  it.each(['seconds', 'zoom 31', 'unknown'])('is refused with a senseless option: %s', (what) => {
    const stagger = { seconds: { pause: 61 }, 'zoom 31': { upTo: 31 }, unknown: { from: 3 } }[what];
    expect(() => testOrigin({ layers: { roads: { stagger } } as never })).toThrow(/layers\.roads\.stagger/);
  });
});

async function asked(cdn: ReturnType<typeof tagPurger>, count: number): Promise<void> {
  while (cdn.asked.length < count) await wait(0.1);
}

async function untilVersion(store: VersionStore, version: string): Promise<void> {
  while ((await store.read()).layers.roads!.version !== version) await wait(1);
}
