// Whatever requests a worker gets, and however long it runs, none of its maps grows without a limit.
import { beforeEach, describe, expect, it } from 'vitest';
import { noIndex } from './fakes/no-index';
import { createWorld, type World } from './fakes/world';
import { watchMaps } from './model/watch-maps';

/** A little more than the largest limit of any map (`MAX_ADDRESSES`). */
const LINE = 4200;
const MANY = 4400;

describe('a worker that runs forever', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
  });
  // Leave out the index: what is stored limits it, and its own tests check that.
  const start = () => watchMaps(() => world.start({ memoryBytes: 2 ** 18 }, { index: noIndex }));
  const ask = async ({ made }: ReturnType<typeof start>, path: (i: number) => string, times = MANY) => {
    for (let from = 0; from < times; from += 100) {
      const slice = Array.from({ length: 100 }, (_, i) => world.get(made, path(from + i)).catch(() => {}));
      await Promise.all(slice);
      // Let time pass, so that expired entries can be removed.
      world.clock.now += 100;
    }
  };

  const hosts: Record<string, (i: number) => string> = {
    tiles: (i) => `/tiles/roads/14/${i}/7.png`,
    layers: (i) => `/tiles/layer-${i}/3/1/2.png`,
    'version tokens': (i) => `/tiles/roads/3/1/2.png?v=${i}`,
    secrets: (i) => `/tiles/roads/3/1/2.png?access_token=user-${i}`,
  };
  const answers: Record<string, World['answer'] | undefined> = {
    'without a network': () => Promise.reject(new TypeError('Failed to fetch')),
    'that fail': () => new Response('busy', { status: 503 }),
  };
  it.each([
    ...Object.keys(hosts).map((what) => [what, 'that are stored']),
    ...Object.keys(answers).map((which) => ['tiles', which]),
  ])(
    'remembers a limited number of %s %s',
    async (what, which) => {
      world.answer = answers[which!] ?? world.answer;
      const worker = start();
      await ask(worker, hosts[what!]!);
      expect(worker.largest()).toBeLessThanOrEqual(LINE);
    },
    120_000,
  );

  it('remembers a limited number of pages, messages and views', async () => {
    const worker = start();
    const { made } = worker;
    for (let i = 0; i < MANY; i += 1) {
      const view = { type: 'TILE_VIEWPORT', layer: 'roads', bounds: [0, 0, 1, 1], zoom: 3 };
      await made.message({ ...view, source: `${i}` }, undefined, `page-${i}`);
    }
    for (let i = 0; i < 600; i += 1) {
      const bbox = [i / 10, 0, i / 10 + 0.05, 1];
      await made.message({ type: 'CACHE_INVALIDATE', layer: 'roads', id: `i${i}`, bbox }, undefined);
      await made.message({ type: 'TILE_CLEAR', id: `c${i}`, partition: `p${i}` }, undefined);
      const manifest = { layers: { roads: { version: `v${i}`, revision: i + 1 } } };
      await made.message({ type: 'TILE_VERSIONS', id: `v${i}`, manifest, confirmedAt: world.clock.now }, undefined);
    }
    await made.settled();
    const state = made.ledger.state!;
    expect(worker.largest()).toBeLessThanOrEqual(LINE);
    expect(state.ids.length).toBeLessThanOrEqual(128);
    expect(Object.keys(state.cleared).length).toBeLessThanOrEqual(257);
    const roads = state.layers.get('roads')!;
    expect(roads.rules.length).toBeLessThanOrEqual(64);
    expect(roads.kept.length).toBeLessThanOrEqual(2);
    expect(roads.same.length).toBeLessThanOrEqual(8);
    expect(world.posted.length).toBeGreaterThan(0);
  }, 120_000);

  it('keeps caches of at most three versions of a layer, however many are published', async () => {
    const { made } = start();
    for (let i = 0; i < 200; i += 1) {
      const manifest = { layers: { roads: { version: `v${i}`, revision: i + 1 } } };
      await made.message({ type: 'TILE_VERSIONS', id: `v${i}`, manifest, confirmedAt: world.clock.now }, undefined);
      await world.get(made, '/tiles/roads/3/1/2.png');
    }
    const names = [...world.caches.caches.keys()].filter((name) => name.includes(':roads@'));
    expect(names.length).toBeLessThanOrEqual(3);
  });
});

describe('what a worker stores', () => {
  const LIMIT = 40;
  const options = { layers: { roads: { maxEntries: LIMIT } }, memoryBytes: 0 };
  const stored = (world: World) =>
    [...world.caches.caches.values()].reduce((sum, { entries }) => sum + entries.size, 0);
  const tile = (more: HeadersInit = {}) =>
    new Response('tile', {
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', ...more },
    });

  it.each<[string, (i: number) => { path: string; headers?: HeadersInit; answer: Response }]>([
    [
      'variants of one tile',
      (i) => ({
        path: '/tiles/roads/3/1/2',
        headers: { 'x-style': `style-${i}` },
        answer: tile({ vary: 'x-style' }),
      }),
    ],
    ['version tokens of one tile', (i) => ({ path: `/tiles/roads/3/1/2?v=${i}`, answer: tile() })],
    ['users of one tile', (i) => ({ path: `/tiles/roads/3/1/2?access_token=user-${i}`, answer: tile() })],
    ['other parameters', (i) => ({ path: `/tiles/roads/3/1/2?t=${i}`, answer: tile() })],
    [
      'tiles that disappear one after another',
      (i) => ({
        path: `/tiles/roads/9/${i % 60}/2`,
        answer: i < 60 ? tile() : new Response('none', { status: 404 }),
      }),
    ],
  ])(
    'is limited: %s',
    async (_, ask) => {
      const world = createWorld();
      const worker = world.start(options);
      let most = 0;
      for (let i = 0; i < 200; i += 1) {
        const { path, headers, answer } = ask(i);
        world.answer = () => answer;
        await world.get(worker, path, headers && { headers }).catch(() => {});
        world.clock.now += 61_000;
        most = Math.max(most, stored(world));
      }
      // Allow for entries that wait for the next eviction, and for tiles that a negative answer hides.
      expect(most).toBeLessThanOrEqual(2 * LIMIT + 20);
      expect(stored(world)).toBeGreaterThan(0);
    },
    60_000,
  );

  it('counts headers as bytes', async () => {
    const world = createWorld();
    const worker = world.start();
    const size = async (answer: Response) => {
      world.answer = () => answer;
      await world.get(worker, '/tiles/roads/3/1/2');
      await worker.settled();
      let told: any;
      const port = { postMessage: (message: unknown) => void (told = message) };
      await worker.message({ type: 'TILE_USAGE', id: 'u' }, port);
      world.clock.now += 61_000;
      return told.result.layers.roads.bytes as number;
    };
    const bare = await size(tile());
    expect((await size(tile({ 'x-debug': 'x'.repeat(10_000) }))) - bare).toBeGreaterThanOrEqual(10_000);
  });
});
