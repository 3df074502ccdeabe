// The inspector's prediction matches the answer that follows, whatever has happened before.
import { expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { pmtiles } from '../../../sw/pmtiles';
import { regions } from '../../../sw/regions';
import { archiveOf, createArchiveHost, pyramid } from '../archives/archive-host';
import { seeded } from '../fakes/seeded';
import { createInspectWorld, png } from './world';

/** The number of random histories (`INSPECT_RUNS`). `INSPECT_SEED` is the seed of the first one. */
const RUNS = Number(process.env['INSPECT_RUNS'] ?? 10);
const FIRST = Number(process.env['INSPECT_SEED'] ?? 1);
const STEPS = 50;

const LAYERS: LayerOptions[] = [
  {},
  { staleWhileRevalidate: 600, staleIfError: 3600 },
  { versionPolicy: 'discard', staleIfError: 0 },
  { versionPolicy: 'serve-stale', versionedUrls: true },
  { freshness: 'version', maxAge: 300, staleIfError: Infinity },
  { offline: 'always', maxAge: 30, override: true },
  { partition: (request) => request.headers.get('x-user') ?? undefined, ignoreVary: ['Cookie'] },
  { settleTime: 0, negativeMaxAge: 5 },
];
const ANSWERS: Array<[cacheControl: string, headers?: Record<string, string>, status?: number]> = [
  ['max-age=60'],
  ['max-age=60', { etag: '"a"' }],
  ['max-age=600, stale-while-revalidate=60, stale-if-error=600'],
  ['max-age=60, must-revalidate', { etag: '"b"' }],
  ['no-cache', { etag: '"c"' }],
  ['no-store'],
  ['', { 'last-modified': 'Thu, 01 Jan 2025 00:00:00 GMT' }],
  ['', {}],
  ['max-age=60', { vary: 'Accept' }],
  ['max-age=60', { vary: 'Cookie', etag: '"d"' }],
  ['max-age=60', { age: '100' }],
  ['max-age=300', {}, 404],
  ['', {}, 410],
  ['', {}, 503],
  ['max-age=60', { 'content-type': 'text/html' }],
];
const TILES = ['5/1/1', '5/17/11', '6/33/22', '6/34/22'];
const MODES: RequestCache[] = ['no-store', 'reload', 'no-cache', 'force-cache'];

async function play(seed: number): Promise<void> {
  const random = seeded(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const layer = one(LAYERS);
  const host = createArchiveHost(await archiveOf(pyramid('one', 6), { tileType: 'unknown' }), {
    noRanges: random() < 0.3,
  });
  const world = createInspectWorld(null, {
    layers: { roads: layer, file: { archive: '/data/file.pmtiles' } },
    archives: pmtiles(),
    regions: regions(),
  });
  const around = { estimate: async () => ({ usage: 0, quota: 1e9 }), onLine: () => true };
  world.restart({}, around);
  let down = false;
  let version = 'v1';
  let [cacheControl, headers, status] = ANSWERS[0]!;
  let label: string | undefined;
  world.answer = (request) => {
    if (down) throw new TypeError('no network');
    if (request.url.endsWith('.pmtiles')) return host.answer(request);
    return png(cacheControl, { ...headers, ...(label !== undefined && { 'x-tile-version': label }) }, status);
  };
  const log: string[] = [JSON.stringify(layer)];
  const steps: Array<[name: string, run: () => unknown]> = [
    ['later', () => void (world.clock.now += one([10, 61, 700, 90_000]) * 1000)],
    ['clock back', () => void (random() < 0.2 && (world.clock.now -= 7_200_000))],
    ['answer', () => void ([cacheControl, headers, status] = one(ANSWERS))],
    ['label', () => void (label = one([undefined, 'v1', version]))],
    ['announce', () => world.announce((version = one(['v1', 'v2', 'v3'])))],
    ['purge', () => world.send({ type: 'CACHE_INVALIDATE', layer: one(['roads', 'file']) })],
    ['stale', () => world.send({ type: 'CACHE_INVALIDATE', layer: 'roads', mode: 'stale' })],
    ['box', () => world.send({ type: 'CACHE_INVALIDATE', layer: one(['roads', 'file']), bbox: [0, 30, 20, 60] })],
    ['changed box', () => world.send({ type: 'CACHE_INVALIDATE', layer: 'roads', version, bbox: [0, 30, 20, 60] })],
    ['clear', () => random() < 0.3 && world.send({ type: 'TILE_CLEAR' }).catch(() => {})],
    ['put', () => world.fetch(`/tiles/roads/${one(TILES)}.png`, { method: 'PUT', body: '1' }).catch(() => {})],
    ['restart', () => world.restart({}, around)],
    ['network', () => world.send({ type: 'TILE_NETWORK', mode: one(['on', 'off', 'on']) })],
    ['full', () => void (world.fails = one([undefined, 'put', undefined]))],
    ['replaced', async () => (host.file = await archiveOf(pyramid(one(['two', 'six']), 6), { tileType: 'unknown' }))],
    [
      'region',
      async () => {
        const layers = [
          { layer: 'roads', template: '/tiles/roads/{z}/{x}/{y}.png' },
          { layer: 'file', template: '/tiles/file/{z}/{x}/{y}' },
        ];
        const spec = { id: 'town', layers: [one(layers)], bounds: [9, 45, 10, 46], zooms: [5, 6] };
        await world.send({ type: 'TILE_REGIONS', action: 'save', spec }).catch(() => {});
        for (let round = 0; round < 5; round += 1) await world.send({ type: 'TILE_REGIONS', action: 'drive' });
      },
    ],
  ];
  for (let step = 0; step < STEPS; step += 1) {
    const [name, run] = one(steps);
    log.push(name);
    await run();
    const ofFile = random() < 0.25;
    const token = random() < 0.2 ? `?v=${one(['v1', 'v2', 'v9'])}` : '';
    const path = ofFile ? `/tiles/file/${one(TILES)}` : `/tiles/roads/${one(TILES)}.png${token}`;
    const asked = {
      headers: {
        ...(random() < 0.3 && { accept: one(['image/png', 'image/webp']) }),
        ...(random() < 0.2 && { authorization: one(['Bearer aaaa', 'Bearer bbbb']) }),
        ...(random() < 0.2 && { 'x-user': one(['ann', 'bob']) }),
        ...(random() < 0.1 && { 'cache-control': one(['no-cache', 'max-stale=100', 'max-age=5', 'only-if-cached']) }),
      },
      ...(random() < 0.15 && { cache: one(MODES) }),
    };
    const away = random() < 0.3;
    const told = await world.inspect(path, asked);
    down = away;
    const response = await world.fetch(path, asked).catch(() => undefined);
    down = false;
    await world.cache.settled();
    const timing = response?.headers.get('server-timing') ?? '';
    const cacheStatus = response?.headers.get('cache-status') ?? '';
    log.push(`${path} ${JSON.stringify(asked)} ${away ? 'away' : ''}: ${response?.status} ${cacheStatus}; ${timing}`);
    const where = `seed ${seed}: ${log.join('\n')}\n${told.words.join('\n')}`;
    const why = /tile-why;desc=([\w-]+)/.exec(timing)?.[1];
    const how = /(?:^|, )sw-tile-cache;desc=([\w-]+)/.exec(timing)?.[1];
    const { answer, offline } = told;
    // Skip requests that discover a new file: the inspection before them was about the old one.
    const label = response?.headers.get('x-tile-version');
    if (ofFile && label && told.ledger?.version !== label) continue;
    // Answers that the worker passes on unchanged have no clause.
    if (why !== undefined) expect(answer.reason.token, where).toBe(why);
    else expect(['bypass', 'storage', undefined], where).toContain(response && answer.reason.token);
    const own = cacheStatus.split(', ').at(-1)!;
    expect(/; hit/.test(own), where).toBe(answer.kind === 'hit' || answer.kind === 'stale');
    if (answer.kind === 'hit' || answer.kind === 'stale') {
      expect(how, where).toBe(answer.kind);
      expect(Number(/ttl=(-?\d+)/.exec(own)![1]), where).toBe(answer.ttl);
      expect(Number(response!.headers.get('age')), where).toBe(Math.floor(told.stored!.age));
    }
    if (answer.kind === 'unsatisfiable') expect(response!.status, where).toBe(504);
    // Skip only-if-cached, for which the network does not matter.
    if (away && !ofFile && answer.kind !== 'unsatisfiable')
      expect(response !== undefined && response.status !== 504, where).toBe(offline.shown);
  }
}

it(
  'predicts the deciding clause, whether the answer is a hit, and what is shown offline',
  async () => {
    for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) await play(seed);
  },
  60_000 + RUNS * 2000,
);
