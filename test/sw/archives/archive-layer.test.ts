import { zxyToTileId } from 'pmtiles';
import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import type { ArchiveTileType } from '../../../src/shared/pmtiles-header';
import { joinSpans } from '../../../sw/util/join-spans';
import { pmtiles } from '../../../sw/pmtiles';
import { createWorld, ORIGIN } from '../fakes/world';
import { type ArchiveHost, archiveOf, createArchiveHost, labelled, pyramid, type HostFaults } from './archive-host';

const UNKNOWN = { tileType: 'unknown' } as const;

const version = ({ etag }: ArchiveHost) => etag().replace(/"/g, '');

async function start(faults: HostFaults = {}, layer: LayerOptions = {}, file?: Uint8Array<ArrayBuffer>) {
  const world = createWorld();
  const host = createArchiveHost(file ?? (await archiveOf(pyramid('one', 5), UNKNOWN)), faults);
  const url = new URL(layer.archive ?? '/data/roads.pmtiles', ORIGIN).href;
  world.answer = (request) => {
    if (request.url !== url) throw new Error(`asked for ${request.url}`);
    const response = host.answer(request);
    if (!url.startsWith(ORIGIN)) Object.defineProperty(response, 'type', { value: 'cors' });
    return response;
  };
  const options = { layers: { roads: { archive: '/data/roads.pmtiles', ...layer } }, archives: pmtiles() };
  const cache = world.start(options);
  const get = async (path: string, using = cache) => {
    const response = await world.get(using, path);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const notices = () =>
    world.posted.flatMap((message) => {
      const { type, notice, detail } = message as Record<string, string>;
      return type === 'TILE_NOTICE' && notice === 'archive' ? [detail!] : [];
    });
  const tell = (message: unknown) =>
    new Promise<{ result?: unknown; error?: unknown }>((resolve) => {
      const port = { postMessage: resolve } as never;
      void Promise.resolve(cache.message(message as never, port, 'page'));
    });
  return { world, host, cache, get, notices, tell, restart: () => world.start(options) };
}

const text = (edition: string, z: number, x: number, y: number) =>
  new TextDecoder().decode(labelled(edition, { z, x, y }));

describe('a layer with an archive', () => {
  it('answers with tiles of the archive, whose ETag is their version', async () => {
    const { get, host } = await start();
    const first = await get('/tiles/roads/5/3/4');
    expect(first.status).toBe(200);
    expect(first.text).toBe(text('one', 5, 3, 4));
    expect(first.headers.get('x-tile-version')).toBe(version(host));
    expect(first.headers.get('content-type')).toBe('application/octet-stream');
    const second = await get('/tiles/roads/5/3/4');
    expect(second.headers.get('cache-status')).toContain('hit');
    expect(host.asked).toHaveLength(2);
  });

  it('reads a view of twenty tiles with few requests, and a second visit with one', async () => {
    const { world, host, cache, restart } = await start();
    const paths = Array.from({ length: 20 }, (_, i) => `/tiles/roads/5/${8 + (i % 5)}/${8 + Math.floor(i / 5)}`);
    const view = (using: typeof cache) => Promise.all(paths.map((path) => world.get(using, path)));
    for (const tile of await view(cache)) expect(tile.status).toBe(200);
    expect(host.asked.length).toBeLessThanOrEqual(2 + 6);

    host.asked = [];
    world.clock.now += 3600_000;
    for (const tile of await view(restart())) expect(tile.headers.get('cache-status')).toContain('hit');
    expect(host.asked).toHaveLength(1);
    expect(world.asked.at(-1)!.headers.get('if-none-match')).toBe(host.etag());
  });

  it('reads a view of twenty tiles of 12 KB with at most 50 % more bytes, including directories', async () => {
    const size = 12 * 1024;
    const zoom = pyramid('one', 4, (id) => (id < 85 ? 40 : size)).slice(85);
    const { host, cache, world } = await start({}, {}, await archiveOf(zoom, UNKNOWN));
    // In the file, twelve other tiles lie between these, one or a few in a row: too many to read along.
    const tiles = Array.from({ length: 20 }, (_, i) => ({ z: 4, x: 6 + (i % 5), y: 11 + Math.floor(i / 5) }));
    const answers = await Promise.all(tiles.map(({ z, x, y }) => world.get(cache, `/tiles/roads/${z}/${x}/${y}`)));
    for (const [i, answer] of answers.entries())
      expect(await answer.text()).toBe(new TextDecoder().decode(labelled('one', tiles[i]!, size)));
    expect(host.sent).toBeLessThanOrEqual(1.5 * tiles.length * size);
    const spans = tiles.map(({ z, x, y }) => ({
      start: zxyToTileId(z, x, y) * size,
      end: (zxyToTileId(z, x, y) + 1) * size,
    }));
    expect(host.asked.length).toBeLessThanOrEqual(2 + joinSpans(spans).length);
    expect(joinSpans(spans).length).toBeLessThan(7);
  });

  it('checks the version once, however many tabs and tiles need it', async () => {
    const { world, host, cache, get } = await start();
    const paths = ['/tiles/roads/5/3/4', '/tiles/roads/5/9/9', '/tiles/roads/5/31/0'];
    for (const path of paths) await get(path);
    host.asked = [];
    world.clock.now += 3600_000;
    const asked = ['/tiles/roads/version.json', ...paths].flatMap((path) =>
      ['one tab', 'another'].map(async (clientId) => {
        const request = new Request(new URL(path, ORIGIN));
        const { response, done } = cache.handle({ request, address: cache.match(request.url)!, clientId });
        const { status } = await response;
        await done;
        return status;
      }),
    );
    expect(await Promise.all(asked)).toEqual(asked.map(() => 200));
    expect(host.asked).toEqual(['bytes=0-16383']);
  });

  it('treats a new file as a new version', async () => {
    const { world, host, get } = await start();
    await get('/tiles/roads/5/3/4');
    const before = version(host);
    host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
    const after = version(host);
    const other = await get('/tiles/roads/5/9/9');
    expect(other.text).toBe(text('two', 5, 9, 9));
    expect(other.headers.get('x-tile-version')).toBe(after);
    expect(world.posted).toContainEqual({ type: 'VERSION_CHANGED', layer: 'roads', version: after, previous: before });
    expect((await get('/tiles/roads/5/3/4')).text).toBe(text('two', 5, 3, 4));
  });

  it('tells pages its first version once, because they do not read it themselves', async () => {
    const { world, host, get, restart } = await start();
    const learnt = { type: 'VERSION_LEARNT', layer: 'roads', version: version(host) };
    await get('/tiles/roads/5/3/4');
    await get('/tiles/roads/5/9/9');
    world.clock.now += 120_000;
    await get('/tiles/roads/5/9/8', restart());
    expect(world.posted.filter((message) => (message as { type: string }).type.startsWith('VERSION_'))).toEqual([
      learnt,
    ]);
  });

  it('answers missing tiles without a request: 204 within its zooms, 404 above them', async () => {
    const tiles = pyramid('one', 4).filter(({ tile }) => tile.z > 1 && (tile.z < 4 || tile.x > 0));
    const { get, host } = await start({}, {}, await archiveOf(tiles, UNKNOWN));
    expect((await get('/tiles/roads/4/1/1')).status).toBe(200);
    const asked = host.asked.length;
    expect((await get('/tiles/roads/1/0/0')).status).toBe(204);
    expect((await get('/tiles/roads/4/0/3')).status).toBe(204);
    expect((await get('/tiles/roads/5/0/3')).status).toBe(404);
    expect(host.asked).toHaveLength(asked);
  });

  const latin = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
  it.each<[ArchiveTileType, string, Uint8Array<ArrayBuffer>]>([
    ['unknown', 'application/octet-stream', latin('anything')],
    ['mvt', 'application/vnd.mapbox-vector-tile', latin('\x1a\x05\x0a\x01a\x78\x02')],
    ['png', 'image/png', latin('\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82')],
    ['jpeg', 'image/jpeg', latin('\xff\xd8\xff\xda\0\x04\x01\0\x25\xff\xd9')],
    ['webp', 'image/webp', latin('RIFF\x08\0\0\0WEBPVP8 ')],
    ['avif', 'image/avif', latin('\0\0\0\x14ftypavif\0\0\0\0avif\0\0\0\x08meta\0\0\0\x08mdat')],
    ['mlt', 'application/vnd.maplibre-tile', latin('anything')],
  ])('answers tiles of type %s as %s', async (tileType, contentType, body) => {
    const tile = { z: 1, x: 1, y: 0 };
    const file = await archiveOf([{ tile, body }], { tileType });
    const { get } = await start({}, {}, file);
    for (const from of ['fwd=uri-miss', 'hit']) {
      const { status, headers } = await get('/tiles/roads/1/1/0');
      expect([status, headers.get('content-type')]).toEqual([200, contentType]);
      expect(headers.get('cache-status')).toContain(from);
    }
  });

  it('serves TileJSON and a version manifest', async () => {
    const metadata = { name: 'Roads', attribution: '©', vector_layers: [{ id: 'roads', fields: {} }], secret: 1 };
    const file = await archiveOf(pyramid('one', 2), { tileType: 'mvt', metadata, bounds: [1, 2, 3, 4] });
    const { get, host } = await start({}, {}, file);
    const json = await get('/tiles/roads.json');
    expect(JSON.parse(json.text)).toEqual({
      tilejson: '3.0.0',
      scheme: 'xyz',
      tiles: [`${ORIGIN}/tiles/roads/{z}/{x}/{y}.mvt`],
      name: 'Roads',
      attribution: '©',
      vector_layers: [{ id: 'roads', fields: {} }],
      bounds: [1, 2, 3, 4],
      center: [2, 3, 0],
      minzoom: 0,
      maxzoom: 2,
    });
    const manifest = await get('/tiles/roads/version.json');
    expect(JSON.parse(manifest.text)).toEqual({ layers: { roads: { version: version(host) } } });
    expect((await get('/tiles/roads/style.css')).status).toBe(404);
  });

  it('serves old tiles during a version check, and new ones after it', async () => {
    const { world, host, get } = await start();
    await get('/tiles/roads/5/3/4');
    host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
    world.clock.now += 120_000;
    const stale = await get('/tiles/roads/5/3/4');
    expect(stale.text).toBe(text('one', 5, 3, 4));
    expect(stale.headers.get('cache-status')).toContain('ttl=-');
    expect((await get('/tiles/roads/5/3/4')).text).toBe(text('two', 5, 3, 4));
  });

  it('with versionPolicy discard, shows no tile of an old file once the new one is known', async () => {
    const { host, get } = await start({}, { versionPolicy: 'discard' });
    await get('/tiles/roads/5/3/4');
    host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
    await get('/tiles/roads/5/9/9');
    host.faults = { status: 503 };
    expect((await get('/tiles/roads/5/3/4')).status).toBe(503);
  });

  it('requests tiles and directories again after a purge', async () => {
    const { world, host, get, tell } = await start();
    await get('/tiles/roads/5/3/4');
    await tell({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'a' });
    host.asked = [];
    expect((await get('/tiles/roads/5/3/4')).headers.get('cache-status')).toContain('fwd=');
    expect(host.asked[0]).toBe('bytes=0-16383');
    expect(host.asked).toHaveLength(2);
    expect(world.asked.slice(-2).every(({ cache }) => cache === 'no-store')).toBe(true);
    // A purge with a box does not affect directories.
    host.asked = [];
    await tell({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'b', bbox: [-180, -80, 180, 80] });
    await get('/tiles/roads/5/3/4');
    expect(host.asked).toHaveLength(1);
  });

  it('ignores a manifest with one version for all layers', async () => {
    const { host, get, tell } = await start();
    await get('/tiles/roads/5/3/4');
    await tell({ type: 'TILE_VERSIONS', manifest: { version: 'of-others' }, confirmedAt: 1, id: 'c' });
    const tile = await get('/tiles/roads/5/3/4');
    expect(tile.headers.get('x-tile-version')).toBe(version(host));
    expect(tile.headers.get('cache-status')).toContain('hit');
  });

  it('checks its version when a page announces those of other layers', async () => {
    const { world, host, get, tell, cache } = await start();
    await get('/tiles/roads/5/3/4');
    host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
    world.clock.now += 61_000;
    await tell({ type: 'TILE_VERSIONS', manifest: { layers: { other: { version: 'x' } } }, confirmedAt: 1, id: 'd' });
    await cache.settled();
    expect(world.posted).toContainEqual(expect.objectContaining({ type: 'VERSION_CHANGED', version: version(host) }));
  });

  it('answers offline with stored tiles, and with 204 for tiles that are not in the directories', async () => {
    const { world, get, restart } = await start({}, {}, await archiveOf(pyramid('one', 4).slice(0, -1), UNKNOWN));
    await get('/tiles/roads/4/3/4');
    world.answer = () => Promise.reject(new TypeError('no network'));
    world.clock.now += 86_400_000;
    const cache = restart();
    expect((await get('/tiles/roads/4/3/4', cache)).text).toBe(text('one', 4, 3, 4));
    expect((await get('/tiles/roads/4/15/15', cache)).status).toBe(204);
  });

  it('keeps its good tiles while the host fails', async () => {
    const { world, host, get } = await start();
    await get('/tiles/roads/5/3/4');
    world.clock.now += 3600_000;
    for (const status of [404, 403, 500]) {
      host.faults = { status };
      expect((await get('/tiles/roads/5/3/4')).text).toBe(text('one', 5, 3, 4));
    }
    expect((await get('/tiles/roads/5/9/9')).status).toBe(500);
  });
});

describe('an imperfect host', () => {
  it.each<[string, HostFaults, RegExp | undefined]>([
    ['does not support ranges', { noRanges: true }, /switch range requests on/],
    ['gzips the file', { gzips: true }, /switch compression off/],
    ['gzips the file, which CORS hides', { gzips: true, hidesCoding: true }, /switch compression off/],
    ['gzips the file, and does not support ranges', { gzips: true, noRanges: true }, /switch compression off/],
    ['sends no ETag', { noEtag: true }, /sends no ETag/],
    ['sends neither ETag nor Last-Modified', { noEtag: true, noModified: true }, /neither ETag nor Last-Modified/],
    ['sends weak tags', { weakEtag: true }, undefined],
    ['ignores If-Match', { ignoresIfMatch: true }, undefined],
    ['reports a shorter file', { wrongTotal: -100 }, /smaller length/],
    // Bytes after the last tile are allowed, so a longer file needs no notice.
    ['reports a longer file', { wrongTotal: 1 }, undefined],
  ])('%s: tiles are correct, and a notice says what to change', async (_, faults, detail) => {
    const { world, host, get, notices, restart } = await start(faults);
    for (const [x, y] of [
      [3, 4],
      [30, 1],
      [17, 17],
    ] as const)
      expect((await get(`/tiles/roads/5/${x}/${y}`)).text).toBe(text('one', 5, x, y));
    if (detail) expect(notices()).toEqual([expect.stringMatching(detail)]);
    else expect(notices()).toEqual([]);
    // A restarted worker remembers the host's faults, and still detects a new file.
    expect((await get('/tiles/roads/5/9/9', restart())).text).toBe(text('one', 5, 9, 9));
    host.file = await archiveOf(
      pyramid('two', 5, () => 41),
      UNKNOWN,
    );
    host.modified = 'Thu, 01 Jan 2026 00:00:09 GMT';
    world.clock.now += 120_000;
    await get('/tiles/roads/5/3/4');
    const [answer, expected] = [await get('/tiles/roads/5/3/4'), labelled('two', { z: 5, x: 3, y: 4 }, 41)];
    expect(answer.text).toBe(new TextDecoder().decode(expected));
  });

  it.each<HostFaults>([{ noRanges: true }, { noRanges: true, noEtag: true }])(
    'whose file is stored as a whole is asked for it again after a purge with a box: %j',
    async (faults) => {
      const { world, host, get, tell, restart } = await start(faults);
      const tile = { z: 5, x: 17, y: 11 };
      const path = `/tiles/roads/${tile.z}/${tile.x}/${tile.y}`;
      expect((await get(path)).text).toBe(text('one', 5, 17, 11));
      const purge = (id: string) => tell({ type: 'CACHE_INVALIDATE', layer: 'roads', id, bbox: [0, 30, 30, 60] });
      await purge('a');
      // The purge also covers tiles inside the stored file.
      world.answer = () => Promise.reject(new TypeError('no network'));
      expect((await get(path)).status).toBe(504);
      expect((await get(path, restart())).status).toBe(504);
      world.answer = (request) => host.answer(request);
      expect((await get(path)).text).toBe(text('one', 5, 17, 11));
      // The host has confirmed the file, which holds for all tiles.
      const asked = host.asked.length;
      expect((await get('/tiles/roads/5/18/11')).status).toBe(200);
      expect(host.asked).toHaveLength(asked);
      await purge('b');
      host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
      host.modified = 'Thu, 01 Jan 2026 00:00:09 GMT';
      expect((await get(path)).text).toBe(text('two', 5, 17, 11));
    },
  );

  it('whose file is stored as a whole: an answer from before the purge does not confirm it', async () => {
    const { world, host, get, tell } = await start({ noRanges: true });
    const path = '/tiles/roads/5/17/11';
    await get(path);
    let answered: () => void = () => {};
    const gate = new Promise<void>((resolve) => (answered = resolve));
    world.answer = async (request) => {
      const response = host.answer(request);
      world.answer = (next) => host.answer(next);
      await gate;
      return response;
    };
    const looking = get('/tiles/roads/version.json');
    await new Promise((resolve) => setImmediate(resolve));
    host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
    await tell({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'a', bbox: [0, 30, 30, 60] });
    const asking = get(path);
    await new Promise((resolve) => setImmediate(resolve));
    answered();
    await looking;
    expect((await asking).text).toBe(text('two', 5, 17, 11));
  });

  it('that does not support ranges gets one request for the file', async () => {
    const { host, get, restart } = await start({ noRanges: true });
    await get('/tiles/roads/5/3/4');
    await get('/tiles/roads/5/9/9');
    await get('/tiles/roads/5/20/9', restart());
    expect(host.asked).toHaveLength(1);
  });

  it.each<[string, HostFaults, RegExp]>([
    ['truncates what it sends', { cuts: true }, /less of the archive than it says/],
    ['answers with another range', { otherPart: true }, /another part/],
    ['answers 404', { status: 404 }, /answers 404/],
  ])('%s: the error says so', async (_, faults, detail) => {
    const { get, notices } = await start(faults);
    const answer = await get('/tiles/roads/5/3/4');
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(detail);
    expect(notices()).toEqual([expect.stringMatching(detail)]);
  });

  it('whose file is truncated: the error says so', async () => {
    const whole = await archiveOf(pyramid('one', 5), UNKNOWN);
    const { get, notices } = await start({}, {}, whole.slice(0, -1));
    const answer = await get('/tiles/roads/5/3/4');
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/shorter than it says/);
    expect(notices()).toEqual([expect.stringMatching(/shorter than it says/)]);
  });

  it('on another origin gets no header that needs a preflight, and a notice says what CORS hides', async () => {
    const archive = 'https://static.example/roads.pmtiles?token=secret';
    const { world, host, get, notices } = await start({ noEtag: true }, { archive });
    await get('/tiles/roads/5/3/4');
    world.clock.now += 3600_000;
    await get('/tiles/roads/5/3/4');
    for (const { headers } of world.asked) expect([...headers.keys()]).toEqual(['range']);
    expect(notices()).toEqual([expect.stringContaining('Access-Control-Expose-Headers')]);
    expect(JSON.stringify([world.posted, [...(await world.caches.asStorage().keys())]])).not.toContain('secret');
    expect(host.asked.length).toBeGreaterThan(2);
  });
});

describe('the option archive', () => {
  it.each<[LayerOptions, string]>([
    [{ archive: 'pmtiles://https://static.example/a.pmtiles' }, 'layers.roads.archive'],
    [{ archive: 'ftp://static.example/a.pmtiles' }, 'layers.roads.archive'],
    [{ archive: 'https://user:pass@static.example/a.pmtiles' }, 'layers.roads.archive'],
    [{ archive: '' }, 'layers.roads.archive'],
    [{ archive: '/a.pmtiles', crs: 'EPSG:4326' }, 'layers.roads.crs'],
    [{ archive: '/a.pmtiles', maxZoom: 30 }, 'layers.roads.maxZoom'],
    [{ archive: '/a.pmtiles', partition: 'a' }, 'layers.roads.partition'],
    [{ archive: '/a.pmtiles', template: '/t/{version}/{z}/{x}/{y}' }, 'layers.roads.template'],
  ])('%j is refused, and the error names the field', (roads, field) => {
    const start = () => createWorld().start({ layers: { roads }, archives: pmtiles() });
    expect(start).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field }));
  });

  it('requires the option archives', () => {
    const layers = { roads: { archive: '/a.pmtiles' } };
    expect(() => createWorld().start({ layers })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        field: 'archives',
        remedy: expect.stringContaining('pmtiles()'),
      }),
    );
    expect(() => createWorld().start({ layers, archives: {} as never })).toThrow(
      expect.objectContaining({ field: 'archives' }),
    );
  });
});
