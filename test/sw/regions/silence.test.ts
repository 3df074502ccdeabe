// Tiles that get no answer, because the network, their host, or only these tiles are unreachable.
import { describe, expect, it } from 'vitest';
import type { RegionSpec } from '../../../src/shared/regions';
import { pmtiles } from '../../../sw/pmtiles';
import { regions } from '../../../sw/regions';
import type { Surroundings } from '../../../sw/assembly/surroundings';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

const FEW: RegionSpec = { id: 'few', layers: [ROADS], bounds: boundsOf(12, 2160, 1300, 2), zooms: [12, 12] };
const ELSEWHERE = 'https://tiles.example';
const TWO_HOSTS = {
  layers: {
    base: { maxAge: 60, template: `${ELSEWHERE}/base/{z}/{x}/{y}` },
    roads: { maxAge: 60 },
    assets: { template: ['/style.json', `${ELSEWHERE}/images/*`], maxAge: 60 },
  },
};
const count = urlsOf(SMALL).length;

/** Makes requests to this host fail as if it were unreachable or sent no CORS headers. */
function without(world: RegionWorld, host: string): () => void {
  const { answer } = world;
  world.answer = (request) => {
    if (request.url.startsWith(host)) throw new TypeError('Failed to fetch');
    return answer(request);
  };
  return () => (world.answer = answer);
}

describe('without a network, a region waits', () => {
  it('however few tiles it has, and continues by itself', async () => {
    const world = createRegionWorld();
    world.reachable = false;
    await world.ask({ action: 'save', spec: FEW });
    expect(await world.finish(20)).toMatchObject([{ state: 'waiting', reason: 'offline', failed: 0 }]);
    world.reachable = true;
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('in the middle of an update, and in its second pass', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: FEW });
    await world.finish();
    world.clock.now += 86_400_000;
    await world.ask({ action: 'update', region: 'few' });
    let failures = 0;
    world.content = (path) => {
      if (path !== urlsOf(FEW)[1]) return `two ${path}`;
      // The network fails as soon as one tile has failed.
      if ((failures += 1) === 1) return new Response('no', { status: 403 });
      throw new TypeError('Failed to fetch');
    };
    const { answer } = world;
    world.answer = (request) => {
      if (failures > 0) throw new TypeError('Failed to fetch');
      return answer(request);
    };
    expect(await world.finish(20)).toMatchObject([{ state: 'waiting', reason: 'offline', edition: 1 }]);
    world.answer = answer;
    world.content = (path) => `two ${path}`;
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0, edition: 2 }]);
  });
});

describe('a host that is unreachable while another one answers', () => {
  it('makes its tiles fail after some waits, and those of the other host are stored', async () => {
    const world = createRegionWorld(TWO_HOSTS);
    const back = without(world, ELSEWHERE);
    await world.ask({ action: 'save', spec: { ...SMALL, layers: ['base', ROADS] } });
    const begun = world.clock.now;
    const [info] = await world.finish();
    expect(info).toMatchObject({ state: 'incomplete', tiles: count, failed: count });
    expect(new Set(info!.failures.map(({ layer }) => layer))).toEqual(new Set(['base']));
    // Seven pauses for the first of six blocks, one for each other block, and the same again in the second pass.
    expect(world.clock.now - begun).toBeLessThan(20 * 60_000);
    back();
    world.asked.length = 0;
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: 2 * count, failed: 0 }]);
    expect(world.asked.every(({ url }) => url.startsWith(ELSEWHERE))).toBe(true);
  });

  it('makes parts of a style fail, and affects no tile', async () => {
    const world = createRegionWorld(TWO_HOSTS);
    without(world, ELSEWHERE);
    const { content } = world;
    const images = Object.fromEntries([1, 2, 3].map((i) => [i, { type: 'image', url: `${ELSEWHERE}/images/${i}` }]));
    world.content = (path) =>
      path === '/style.json' ? JSON.stringify({ version: 8, sources: images, layers: [] }) : content(path);
    await world.ask({ action: 'save', spec: { ...SMALL, style: 'https://map.example/style.json' } });
    await world.ask({ action: 'drive', metered: false, online: true });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ tiles: count + 1, total: count + 4 }]);
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', tiles: count + 1, failed: 3 }]);
  });

  it('makes its tiles fail at once if the worker’s policy forbids it', async () => {
    const world = createRegionWorld();
    let note: Parameters<NonNullable<Surroundings['onViolation']>>[0] = () => {};
    world.worker = world.start(
      { ...TWO_HOSTS, regions: regions() },
      { estimate: async () => ({ usage: 0, quota: 1e9 }), onViolation: (told) => (note = told) },
    );
    const { answer } = world;
    world.answer = (request) => {
      if (!request.url.startsWith(ELSEWHERE)) return answer(request);
      note({ blockedURI: request.url, effectiveDirective: 'connect-src', disposition: 'enforce' });
      throw new TypeError('Failed to fetch');
    };
    const begun = world.clock.now;
    await world.ask({ action: 'save', spec: { ...SMALL, layers: ['base', ROADS] } });
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', tiles: count, failed: count }]);
    expect(world.clock.now).toBe(begun);
  });
});

describe('the only host of a region', () => {
  const FAR = {
    layers: { base: { maxAge: 60, template: `${ELSEWHERE}/base/{z}/{x}/{y}` } },
  };
  const far: RegionSpec = { ...FEW, layers: ['base'] };

  it('counts as unreachable if it has never sent a tile while the page’s own site answers', async () => {
    const world = createRegionWorld(FAR);
    const back = without(world, ELSEWHERE);
    await world.ask({ action: 'save', spec: far });
    const begun = world.clock.now;
    expect(await world.finish()).toMatchObject([
      { state: 'incomplete', tiles: 0, failed: 4, failures: [{ layer: 'base', reason: 'network' }, {}, {}, {}] },
    ]);
    // Seven pauses, and one more before the second pass.
    expect(world.clock.now - begun).toBeGreaterThan(60_000);
    expect(world.clock.now - begun).toBeLessThan(5 * 60_000);
    expect(world.asked.filter(({ url }) => !url.startsWith(ELSEWHERE)).length).toBeLessThanOrEqual(2);
    back();
    await world.ask({ action: 'resume', region: 'few' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: 4, failed: 0 }]);
  });

  it('is waited for if the page’s own site does not answer either', async () => {
    const world = createRegionWorld(FAR);
    world.reachable = false;
    await world.ask({ action: 'save', spec: far });
    expect(await world.finish(20)).toMatchObject([{ state: 'waiting', reason: 'offline', failed: 0 }]);
    world.reachable = true;
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('is waited for if it has sent a tile, whatever the page’s own site does', async () => {
    const world = createRegionWorld(FAR);
    await world.ask({ action: 'save', spec: { ...far, bounds: boundsOf(12, 2160, 1300, 12) } });
    expect(world.asked).toHaveLength(60);
    const back = without(world, ELSEWHERE);
    expect(await world.finish(20)).toMatchObject([{ state: 'waiting', reason: 'offline', failed: 0 }]);
    back();
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: 144, failed: 0 }]);
  });

  it('is the host of an archive, not that of its tile URLs', async () => {
    const archived = { roads: { archive: `${ELSEWHERE}/roads.pmtiles` } };
    const world = createRegionWorld({ layers: archived, archives: pmtiles() });
    without(world, ELSEWHERE);
    await world.ask({ action: 'save', spec: FEW });
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', failed: 4 }]);
  });
});

describe('truncated bodies', () => {
  it('make their tiles fail after some waits, however many there are, and other tiles are stored', async () => {
    const world = createRegionWorld();
    const spec: RegionSpec = { id: 'cut', layers: [ROADS], bounds: boundsOf(12, 2160, 1312, 16), zooms: [12, 12] };
    await world.ask({ action: 'save', spec });
    const sampled = new Set(world.tilesAsked());
    const cut = urlsOf(spec).filter((path, i) => i % 3 === 0 && !sampled.has(path));
    const { content } = world;
    const broken = () =>
      new ReadableStream({
        start: (body) => body.enqueue(new Uint8Array(9)),
        pull: (body) => body.error(new TypeError('network error')),
      });
    world.content = (path) => (cut.includes(path) ? new Response(broken()) : content(path));
    expect(cut.length).toBeGreaterThan(20);
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', failed: cut.length, tiles: 256 - cut.length }]);
    world.content = content;
    await world.ask({ action: 'resume', region: 'cut' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });
});
