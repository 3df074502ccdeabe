// Hosts with permanent oddities, tested through a whole worker: tiles are correct, and nothing loops.
import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { pmtiles } from '../../../sw/pmtiles';
import { createWorld, ORIGIN } from '../fakes/world';
import { createRegionWorld, SMALL } from '../regions/world';
import { archiveOf, createArchiveHost, labelled, pyramid, type HostFaults } from './archive-host';

const PATH = '/data/roads.pmtiles';
const UNKNOWN = { tileType: 'unknown' } as const;
const text = (edition: string, z: number, x: number, y: number) =>
  new TextDecoder().decode(labelled(edition, { z, x, y }));

async function start(faults: HostFaults = {}, layer: LayerOptions = {}, file?: Uint8Array<ArrayBuffer>) {
  const world = createWorld();
  // The tiles of zoom 5 lie beyond the bytes that the worker reads first.
  const host = createArchiveHost(file ?? (await archiveOf(pyramid('one', 5), UNKNOWN)), faults);
  world.answer = (request) => host.answer(request);
  const options = { layers: { roads: { archive: PATH, ...layer } }, archives: pmtiles() };
  const cache = world.start(options);
  const get = async (path: string, using = cache) => {
    const response = await world.get(using, path);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const posted = (type: string) => world.posted.filter((message) => (message as { type: string }).type === type);
  const notices = () => posted('TILE_NOTICE').map((message) => (message as { detail?: string }).detail);
  return { world, host, cache, get, posted, notices, restart: () => world.start(options) };
}

describe('a host that sends a different ETag with each answer', () => {
  it.each<HostFaults>([{}, { noModified: true }, { weakEtag: true }])(
    'is detected, and its versions are derived from stable headers: %j',
    async (faults) => {
      const { world, host, get, posted, notices, restart } = await start({ unsteadyEtag: true, ...faults });
      const tiles = Array.from({ length: 30 }, (_, i) => [i, 31 - i] as const);
      for (const [x, y] of tiles) {
        const answer = await get(`/tiles/roads/5/${x}/${y}`);
        expect([answer.status, answer.text]).toEqual([200, text('one', 5, x, y)]);
        expect(answer.headers.get('etag')).not.toBe(null);
      }
      expect(posted('VERSION_CHANGED').length).toBeLessThanOrEqual(4);
      expect(notices()).toEqual([expect.stringContaining('another ETag with each answer')]);
      expect(host.asked.length).toBeLessThan(3 * tiles.length + 16);

      // A restarted worker remembers the host, and a check brings no new version.
      const switched = posted('VERSION_CHANGED').length;
      const cache = restart();
      world.clock.now += 3600_000;
      for (const [x, y] of tiles) await get(`/tiles/roads/5/${x}/${y}`, cache);
      expect((await get('/tiles/roads/5/9/9', cache)).text).toBe(text('one', 5, 9, 9));
      expect(posted('VERSION_CHANGED')).toHaveLength(switched);

      // A new file is still a new version.
      host.file = await archiveOf(
        pyramid('two', 5, () => 41),
        UNKNOWN,
      );
      host.modified = 'Thu, 01 Jan 2026 00:00:09 GMT';
      world.clock.now += 120_000;
      await get('/tiles/roads/5/9/9', cache);
      expect((await get('/tiles/roads/5/9/9', cache)).text).toContain('two 5/9/9');
      expect(posted('VERSION_CHANGED')).toHaveLength(switched + 1);
    },
  );

  it('is distinguished from a host whose file is replaced by one that differs only in its tiles', async () => {
    // The first bytes contain only directories, so files of the same size begin with the same bytes.
    const metadata = { padding: Array.from({ length: 9000 }, (_, i) => (i * 7919) % 10007) };
    const file = (edition: string) =>
      archiveOf(pyramid(edition, 5), { ...UNKNOWN, metadata, internalCompression: 'none' });
    const { host, get } = await start({}, { versionPolicy: 'discard' }, await file('e00'));
    expect((await get('/tiles/roads/5/0/0')).text).toBe(text('e00', 5, 0, 0));
    for (let edition = 1; edition < 12; edition += 1) {
      const name = `e${String(edition).padStart(2, '0')}`;
      const before = host.file.slice(0, 16_384);
      host.file = await file(name);
      expect(host.file.slice(0, 16_384)).toEqual(before);
      const answer = await get(`/tiles/roads/5/${edition}/3`);
      expect(answer.text).toBe(text(name, 5, edition, 3));
      expect(answer.headers.get('x-tile-version')).toBe(host.etag().replace(/"/g, ''));
    }
  });
});

describe('a host that', () => {
  it('refuses its own ETag in If-Match is read without If-Match', async () => {
    const { get, posted } = await start({ refusesIfMatch: true });
    for (let x = 0; x < 8; x += 1) expect((await get(`/tiles/roads/5/${x}/9`)).text).toBe(text('one', 5, x, 9));
    expect(posted('VERSION_CHANGED')).toEqual([]);
  });

  it('answers 403 to ranges but not to the whole file causes an error that says so', async () => {
    const { world, host, get, notices } = await start();
    world.answer = (request) =>
      request.headers.has('range') ? new Response('no', { status: 403 }) : host.answer(request);
    const answer = await get('/tiles/roads/5/3/4');
    expect([answer.status, answer.text]).toEqual([502, "The archive's host answers 403."]);
    expect(notices()).toEqual(["The archive's host answers 403."]);
  });

  it('answers with the beginning of one file and ranges of another is given up after a few reads', async () => {
    const { world, host, get } = await start();
    world.answer = (request) => {
      const beginning = /^bytes=0-/.test(request.headers.get('range') ?? '');
      return beginning ? host.answer(request) : new Response(null, { status: 412 });
    };
    const answer = await get('/tiles/roads/5/3/4');
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('the beginning of one file and parts of another');
    expect(world.asked.length).toBeLessThan(16);
  });

  it('redirects to another origin is read there, without conditional headers', async () => {
    const { world, host, get, restart } = await start();
    let redirects = false;
    world.answer = (request) => {
      if (!redirects) return host.answer(request);
      // Conditional headers need a preflight, which few file hosts support.
      if (request.headers.has('if-match') || request.headers.has('if-none-match') || request.mode === 'same-origin')
        return Promise.reject(new TypeError('Failed to fetch'));
      const response = host.answer(request);
      Object.defineProperty(response, 'redirected', { value: true });
      Object.defineProperty(response, 'url', { value: 'https://bucket.example/roads.pmtiles?X-Signature=1' });
      return response;
    };
    expect((await get('/tiles/roads/5/3/4')).text).toBe(text('one', 5, 3, 4));
    redirects = true;
    world.clock.now += 3600_000;
    expect((await get('/tiles/roads/5/3/4')).text).toBe(text('one', 5, 3, 4));
    expect((await get('/tiles/roads/5/20/4')).text).toBe(text('one', 5, 20, 4));
    const cache = restart();
    world.asked = [];
    world.clock.now += 3600_000;
    expect((await get('/tiles/roads/5/21/4', cache)).text).toBe(text('one', 5, 21, 4));
    expect(world.asked.flatMap(({ headers }) => [...headers.keys()]).filter((name) => name !== 'range')).toEqual([]);
    expect(JSON.stringify(world.posted)).not.toContain('Signature');
  });
});

describe('Content-Range', () => {
  it.each<[string, number, (range: string) => string]>([
    ['writes its unit with a capital letter', 5, (range) => range.replace('bytes', 'Bytes')],
    ['does not state the length of the file', 5, (range) => range.replace(/\d+$/, '*')],
    [
      'does not state the length of a file that is shorter than the first range',
      2,
      (range) => range.replace(/\d+$/, '*'),
    ],
  ])('of a host that %s is understood', async (_, zoom, written) => {
    const { world, host, get } = await start({}, {}, await archiveOf(pyramid('one', zoom), UNKNOWN));
    world.answer = (request) => {
      const { status, headers, body } = host.answer(request);
      const range = headers.get('content-range');
      if (range) headers.set('content-range', written(range));
      return new Response(body, { status, headers });
    };
    expect(await get(`/tiles/roads/${zoom}/3/1`)).toMatchObject({ status: 200, text: text('one', zoom, 3, 1) });
  });
});

describe('TileJSON', () => {
  it.each<[string, readonly [number, number, number, number], number[]]>([
    ['in the wrong order', [20, 50, 10, 40], [-180, -85.051129, 180, 85.051129]],
    ['of an empty area', [0, 0, 0, 0], [-180, -85.051129, 180, 85.051129]],
    ['beyond the world', [-200, -95, 200, 95], [-180, -85.051129, 180, 85.051129]],
    ['that are correct', [10, 40, 20, 50], [10, 40, 20, 50]],
  ])('with bounds %s hides no tile', async (_, bounds, expected) => {
    const { get } = await start(
      {},
      {},
      await archiveOf(pyramid('one', 2), { ...UNKNOWN, bounds, center: [15, 45, 9] }),
    );
    const json = JSON.parse((await get('/tiles/roads.json')).text) as Record<string, unknown>;
    expect(json['bounds']).toEqual(expected);
    // The centre is omitted, because the archive does not have its zoom.
    expect(json['center']).toBeUndefined();
    expect(json['tiles']).toEqual([`${ORIGIN}/tiles/roads/{z}/{x}/{y}`]);
  });
});

describe('a host that sends its ETag without quotes', () => {
  it.each<HostFaults>([{}, { noModified: true }])('gets its versions from it nevertheless: %j', async (faults) => {
    const { world, host, get, posted } = await start(faults);
    const { etag } = host;
    host.etag = () => etag().replace(/"/g, '');
    const before = host.etag();
    expect(await get('/tiles/roads/5/3/4')).toMatchObject({ status: 200, text: text('one', 5, 3, 4) });
    // The new file has the same date and length.
    host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
    world.clock.now += 3600_000;
    expect(await get('/tiles/roads/5/9/9')).toMatchObject({ status: 200, text: text('two', 5, 9, 9) });
    expect(await get('/tiles/roads/5/3/4')).toMatchObject({ status: 200, text: text('two', 5, 3, 4) });
    expect(posted('VERSION_CHANGED')).toMatchObject([{ version: host.etag(), previous: before }]);
  });
});

describe('a host that sends Retry-After', () => {
  it.each([429, 503])('passes it on to the map: %i', async (status) => {
    const { world, get } = await start();
    const date = new Date(world.clock.now + 60_000).toUTCString();
    world.answer = () => new Response(null, { status, headers: { 'retry-after': date } });
    const answer = await get('/tiles/roads/5/3/4');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, date]);
  });

  it('gets no requests of a region before that time', async () => {
    const host = createArchiveHost(await archiveOf(pyramid('one', 5), UNKNOWN));
    const world = createRegionWorld({ layers: { roads: { archive: PATH } }, archives: pmtiles() });
    let busy = true;
    world.answer = (request) =>
      busy ? new Response(null, { status: 503, headers: { 'retry-after': '90' } }) : host.answer(request);
    await world.ask({ action: 'save', spec: { ...SMALL, zooms: [3, 5] } });
    expect(await world.ask({ action: 'drive', metered: false, online: true })).toEqual({ again: 90_000 });
    busy = false;
    world.clock.now += 90_000;
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });
});
