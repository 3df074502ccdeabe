import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../server/cli/run';
import { createDrain } from '../../server/serve/drain';
import { load } from '../../server/serve/load';
import { readServe } from '../../server/serve/options';
import { startSidecar, type Sidecar } from '../../server/serve/start';
import { statusPage } from '../../server/serve/status-page';
import { redirectPath, upstreamPath } from '../../server/serve/upstream-paths';
import { EMPTY_STATE } from '../../server/versions/state';
import { pmtilesOf } from '../../src/shared/pmtiles-writer';
import { TOKEN } from './helpers';
import { mbtilesOf } from './mbtiles-file';

let root: string;
const open: Array<() => Promise<unknown>> = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'serve-'));
  await mkdir(join(root, 'site/tiles/roads/3/1'), { recursive: true });
  await mkdir(join(root, 'site/.git'));
  await mkdir(join(root, 'site-beside'));
  await writeFile(join(root, 'secret.txt'), 'SECRET');
  await writeFile(join(root, 'site-beside/secret.txt'), 'SECRET');
  await writeFile(join(root, 'site/.git/config'), 'SECRET');
  await writeFile(join(root, 'site/index.html'), '<title>map</title>');
  await writeFile(join(root, 'site/large.bin'), Buffer.alloc(2_000_000, 7));
  await writeFile(join(root, 'site/tiles/roads/3/1/1.pbf'), gzipSync('tile'));
  await writeFile(join(root, 'site/tiles/roads/3/1/2.png'), '0123456789');
  await symlink(join(root, 'secret.txt'), join(root, 'site/link.txt'));
  await symlink(join(root, 'site-beside'), join(root, 'site/beside'));
  await symlink(join(root, 'site/index.html'), join(root, 'site/again.html'));
  execFileSync('mkfifo', [join(root, 'site/pipe')]);
  await writeFile(join(root, 'worker.js'), 'worker');
});
afterAll(() => rm(root, { recursive: true }));
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Starts a sidecar with these flags on a free port. */
async function sidecar(args: string[], token?: string) {
  const log: string[] = [];
  const task = readServe([...args, '--port', '0'])!;
  const needs = {
    token,
    metricsToken: undefined,
    worker: join(root, 'worker.js'),
    log: (line: string) => log.push(line),
  };
  const running: Sidecar = await startSidecar(task, needs);
  open.push(running.close);
  return { url: running.url, log, get: (path: string, init?: RequestInit) => fetch(running.url + path, init) };
}

/** Starts a tile server; `seen` lists the requests that it got. */
async function upstream(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => (seen.push(request), answer(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  open.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close };
}

/** Requests the path unchanged: `fetch` would resolve its dots. */
function askRaw(url: string, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: string; headers: IncomingMessage['headers'] }>((resolve, reject) => {
    ask(url, { path, headers }, (incoming) => {
      text(incoming).then((body) => resolve({ status: incoming.statusCode!, body, headers: incoming.headers }), reject);
    })
      .on('error', reject)
      .end();
  });
}

const bearer = { authorization: `Bearer ${TOKEN}` };
const publish = (layer: string, version: string) => ({
  method: 'POST',
  body: JSON.stringify({ layer, version }),
  headers: { ...bearer, 'content-type': 'application/json' },
});

describe('in front of a tile server', () => {
  it('publishes: the manifest, the stream and the tiles have the new version', async () => {
    const tiles = await upstream((_request, response) => response.end('tile'));
    const { get } = await sidecar(['--upstream', tiles.url, '--layer', 'roads=poi'], TOKEN);
    expect((await get('/tiles/roads/3/1/1.pbf')).headers.get('x-tile-version')).toBeNull();
    const stream = await get('/api/tile-version/stream');
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await get('/api/publish', publish('roads', 'v2'))).status).toBe(200);
    let heard = '';
    while (!heard.includes('"v2"')) heard += (await reader.read()).value ?? '';
    await reader.cancel();
    expect(await (await get('/api/tile-version')).json()).toMatchObject({ layers: { roads: { version: 'v2' } } });
    const tile = await get('/tiles/roads/3/1/1.pbf');
    expect(Object.fromEntries(tile.headers)).toMatchObject({
      'x-tile-version': 'v2',
      'cache-control': 'public, max-age=60, stale-while-revalidate=30, stale-if-error=86400',
      'cache-tag': 'layer:roads,layer:roads:z3',
    });
  });

  it('forwards bytes, validators and ranges, but no hop-by-hop fields, cookies or credentials', async () => {
    const packed = gzipSync('a tile');
    const tiles = await upstream((request, response) => {
      if (request.headers['if-none-match'] === '"1"') return void response.writeHead(304, { etag: '"1"' }).end();
      response.writeHead(200, {
        ...{ etag: '"1"', 'content-encoding': 'gzip', 'content-length': packed.length, 'set-cookie': 'session=1' },
        ...{ connection: 'keep-alive, x-hop', 'x-hop': 'secret', 'proxy-authenticate': 'Basic', 'x-kept': 'yes' },
      });
      response.end(packed);
    });
    const { url, get } = await sidecar(['--upstream', tiles.url], TOKEN);
    const headers = { ...bearer, cookie: 'a=b', 'proxy-authorization': 'Basic eDp5', te: 'trailers', 'x-other': '1' };
    const raw = await askRaw(url, '/tiles/roads/3/1/1.pbf?v=2', headers);
    expect(raw.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(packed.length),
      'x-kept': 'yes',
    });
    for (const name of ['set-cookie', 'x-hop', 'proxy-authenticate']) expect(raw.headers).not.toHaveProperty(name);
    expect(tiles.seen[0]!.url).toBe('/tiles/roads/3/1/1.pbf?v=2');
    for (const name of Object.keys(headers)) expect(tiles.seen[0]!.headers).not.toHaveProperty(name);
    expect(await (await get('/tiles/roads/3/1/1.pbf')).text()).toBe('a tile');
    expect((await get('/tiles/roads/3/1/1.pbf', { headers: { 'if-none-match': '"1"' } })).status).toBe(304);
    const head = await get('/tiles/roads/3/1/1.pbf', { method: 'HEAD' });
    expect([head.status, head.headers.get('etag')]).toEqual([200, '"1"']);
    expect((await get('/tiles/roads/3/1/1.pbf', { method: 'PUT', body: 'x' })).status).toBe(405);
    expect(tiles.seen.every(({ method }) => method !== 'PUT')).toBe(true);
  });

  it('sends the lifetime of a missing tile, and answers 502 or 504 that no cache stores', async () => {
    const tiles = await upstream((request, response) => {
      if (request.url!.includes('none')) response.writeHead(404).end('no');
      // The upstream never answers.
    });
    const { get, log } = await sidecar(['--upstream', tiles.url, '--layer', 'none=poi'], TOKEN);
    const hasty = await sidecar(['--upstream', tiles.url, '--timeout', '1']);
    const none = await get('/tiles/none/3/1/1.pbf');
    expect([none.status, none.headers.get('cache-control')]).toEqual([404, 'public, max-age=60']);
    const slow = await hasty.get('/tiles/slow/3/1/1.pbf?token=SECRET');
    expect([slow.status, slow.headers.get('cache-control')]).toEqual([504, 'no-store']);
    await tiles.close();
    const dead = await get('/tiles/none/3/1/1.pbf?token=SECRET');
    expect(dead.status).toBe(502);
    expect(dead.headers.get('cache-control')).toBe('no-store');
    expect(await dead.text()).not.toContain(tiles.url.slice(7));
    await get('/tiles/none/3/1/1.pbf');
    expect([hasty.log, log]).toEqual([['upstream: SLOW'], ['upstream: ECONNREFUSED']]);
    expect((await get('/api/tile-version')).status).toBe(200);
  });

  it('breaks off if the upstream fails midway: a truncated tile must not pass for a tile', async () => {
    const tiles = await upstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' });
      response.write('half', () => setImmediate(() => response.destroy()));
    });
    const { get } = await sidecar(['--upstream', tiles.url]);
    await expect(get('/tiles/roads/3/1/1.png').then((answer) => answer.text())).rejects.toThrow();
  });

  it('answers 502 if a tile of known length breaks off', async () => {
    const tiles = await upstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': 100 });
      response.write('half', () => setImmediate(() => response.destroy()));
    });
    const { get } = await sidecar(['--upstream', tiles.url]);
    expect((await get('/tiles/roads/3/1/1.png')).status).toBe(502);
  });

  it('answers 502 if the upstream switches protocols, which is neither an answer nor an error', async () => {
    const tiles = await upstream((_request, response) => {
      response.socket!.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    });
    const { get } = await sidecar(['--upstream', tiles.url]);
    expect((await get('/tiles/roads/3/1/1.png', { signal: AbortSignal.timeout(10_000) })).status).toBe(502);
  });

  it('refuses a URL that is too long', async () => {
    const tiles = await upstream((_request, response) => response.writeHead(200, { 'content-length': 2 ** 27 }).end());
    const { get } = await sidecar(['--upstream', tiles.url]);
    expect((await get('/tiles/roads/3/1/1.png')).status).toBe(502);
  });

  it('neither follows redirects nor forwards those to other hosts', async () => {
    const elsewhere = await upstream((_request, response) => response.end('SECRET'));
    const tiles = await upstream((request, response) => {
      const to = request.url!.includes('away') ? `${elsewhere.url}/secret` : '/tiles/new/3/1/1.png';
      response.writeHead(302, { location: to }).end();
    });
    const { get } = await sidecar(['--upstream', tiles.url]);
    const within = await get('/tiles/old/3/1/1.png', { redirect: 'manual' });
    expect([within.status, within.headers.get('location')]).toEqual([302, '/tiles/new/3/1/1.png']);
    const away = await get('/tiles/away/3/1/1.png', { redirect: 'manual' });
    expect([away.status, away.headers.get('location')]).toEqual([502, null]);
    expect(elsewhere.seen).toEqual([]);
  });

  it.each([
    ['http://up.test/data/a?b', '/tiles/a?b'],
    ['/data/a', '/tiles/a'],
    ['http://maps.test/data/a', '/tiles/a'],
    ['//evil.test/a', undefined],
    ['http://up.test/other', undefined],
    ['http://up.test/data/%2e%2e/admin', undefined],
    ['https://up.test/data/a', undefined],
    ['javascript:alert(1)', undefined],
    ['http://[', undefined],
  ])('a redirect to %s becomes %s', (location, path) => {
    const up = { origin: 'http://up.test', base: '/data/', strip: true };
    expect(redirectPath(up, location, '/data/x', 'maps.test')).toBe(path);
    expect(redirectPath({ ...up, base: '', strip: false }, 'http://up.test//evil.test', '/x', null)).toBeUndefined();
  });

  it('replaces {path} with the path after /tiles/', () => {
    const { upstream: up } = readServe(['--upstream', 'http://127.0.0.1:3000/data/{path}'])!;
    expect(upstreamPath(up!, '/tiles/roads/3/1/1')).toBe('/data/roads/3/1/1');
    expect(upstreamPath(up!, '/admin')).toBeUndefined();
    expect(upstreamPath(readServe(['--upstream', 'http://h/base/'])!.upstream!, '/tiles/a')).toBe('/base/tiles/a');
  });
});

describe('in front of a folder', () => {
  it('serves its files with ETags, ranges and Content-Encoding', async () => {
    const { url, get } = await sidecar(['--folder', join(root, 'site'), '--layer', 'roads=base']);
    expect(await (await get('/')).text()).toBe('<title>map</title>');
    const tile = await get('/tiles/roads/3/1/1.pbf');
    expect(tile.headers.get('cache-control')).toContain('max-age=86400');
    expect(await tile.text()).toBe('tile');
    const etag = tile.headers.get('etag')!;
    expect(etag).toMatch(/^"[0-9a-f]{20}"$/);
    expect((await get('/tiles/roads/3/1/1.pbf', { headers: { 'if-none-match': `W/${etag}` } })).status).toBe(304);
    const part = await askRaw(url, '/tiles/roads/3/1/2.png', { range: 'bytes=2-4' });
    expect([part.status, part.body, part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10']);
    expect((await askRaw(url, '/tiles/roads/3/1/2.png', { range: 'bytes=-3' })).body).toBe('789');
    expect((await askRaw(url, '/tiles/roads/3/1/2.png', { range: 'bytes=10-' })).status).toBe(416);
    const old = { range: 'bytes=2-4', 'if-range': '"old"' };
    expect((await askRaw(url, '/tiles/roads/3/1/2.png', old)).body).toBe('0123456789');
    const large = await get('/large.bin');
    expect(large.headers.get('etag')).toMatch(/^W\//);
    expect((await large.arrayBuffer()).byteLength).toBe(2_000_000);
    expect((await askRaw(url, '/large.bin', { range: 'bytes=1999998-' })).headers['content-length']).toBe('2');
    expect((await get('/again.html')).status).toBe(200);
  });

  it('detects a compressed tile from its bytes, whatever the case of its extension', async () => {
    await writeFile(join(root, 'site/tiles/roads/3/1/5.PBF'), gzipSync('tile'));
    const { get } = await sidecar(['--folder', join(root, 'site')]);
    expect(await (await get('/tiles/roads/3/1/5.PBF')).text()).toBe('tile');
  });

  it.each(['topp:states', 'topp%3Astates', 'Stra%C3%9Fen', 'r%20o'])('serves a layer named %s', async (name) => {
    const folder = join(root, 'site/tiles', decodeURIComponent(name), '3/1');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '1.png'), 'tile');
    const { url } = await sidecar(['--folder', join(root, 'site')]);
    expect(await askRaw(url, `/tiles/${name}/3/1/1.png`)).toMatchObject({ status: 200, body: 'tile' });
  });

  it.each([
    '/../secret.txt',
    '/tiles/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/%252e%252e/secret.txt',
    '//../secret.txt',
    '/tiles/roads/..%2f..%2f..%2f..%2fsecret.txt',
    '/.git/config',
    '/%2egit/config',
    '/link.txt',
    '/beside/secret.txt',
    '/secret.txt%00.png',
    '/%c0%ae%c0%ae/secret.txt',
    '/pipe',
    '/tiles',
    '/index.html/',
    'http://other.test/../secret.txt',
  ])('serves nothing else: %s', async (path) => {
    const { url } = await sidecar(['--folder', join(root, 'site')]);
    const { status, body } = await askRaw(url, path);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain('SECRET');
  });
});

describe('in front of an archive', () => {
  const tile = { z: 1, x: 1, y: 0 };
  const write = async (path: string, body: string) => {
    const parts = await pmtilesOf([{ tile, body: new Blob([body]) }], { tileType: 'png', metadata: { name: 'hills' } });
    await writeFile(`${path}.new`, Buffer.from(await new Blob(parts).arrayBuffer()));
    await rename(`${path}.new`, path);
  };

  it('serves its tiles with a version, and those of a file that replaces it', async () => {
    const path = join(root, 'hills.pmtiles');
    await write(path, 'one');
    const { get, url } = await sidecar(['--pmtiles', path]);
    const first = await get('/tiles/hills/1/1/0.png');
    expect([await first.text(), first.headers.get('content-type')]).toEqual(['one', 'image/png']);
    const { layers } = (await (await get('/api/tile-version')).json()) as {
      layers: Record<string, { version: string }>;
    };
    expect(first.headers.get('x-tile-version')).toBe(layers.hills!.version);
    const etag = first.headers.get('etag')!;
    expect((await get('/tiles/hills/1/1/0.png', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await get('/tiles/hills/1/0/0.png')).status).toBe(204);
    expect((await get('/tiles/hills/1/2/0.png')).status).toBe(404);
    expect((await get('/tiles/hills/1/1/0.pbf')).status).toBe(404);
    expect(await (await get('/tiles/hills.json')).json()).toMatchObject({
      tiles: [`${url}/tiles/hills/{z}/{x}/{y}.png`],
    });
    await write(path, 'another');
    expect(await (await get('/tiles/hills/1/1/0.png')).text()).toBe('another');
  });

  it('serves an MBTiles file: TMS rows, decompressed tiles and its metadata', async () => {
    const path = join(root, 'lakes.mbtiles');
    const vector = Buffer.from([0x1a, 0x03, 0x78, 0x02, 0x0a]);
    const put = async (tiles: Record<string, Uint8Array>, metadata: Record<string, string>, deduplicated: boolean) => {
      await writeFile(`${path}.new`, await mbtilesOf(tiles, metadata, deduplicated));
      await rename(`${path}.new`, path);
    };
    const metadata = {
      ...{ name: 'Lakes', format: 'pbf', bounds: '-10,-20,30,40', center: '0,0,2', minzoom: '0', maxzoom: 'deep' },
      json: '{"vector_layers":[{"id":"lakes","fields":{}}]}',
    };
    await put({ '1/1/0': gzipSync(vector), '2/0/0': vector, '2/0/1': deflateSync(vector) }, metadata, false);
    const { get, url } = await sidecar(['--mbtiles', path]);
    for (const place of ['1/1/0', '2/0/0', '2/0/1']) {
      const tile = await get(`/tiles/lakes/${place}.pbf`);
      expect(Buffer.from(await tile.arrayBuffer())).toEqual(vector);
      expect(tile.headers.get('content-type')).toBe('application/vnd.mapbox-vector-tile');
      expect(tile.headers.get('content-encoding')).toBeNull();
      expect(tile.headers.get('x-tile-version')).toMatch(/^\w{16}$/);
    }
    // The row as the file counts it.
    expect((await get('/tiles/lakes/1/1/1.pbf')).status).toBe(204);
    expect((await get('/tiles/lakes/1/2/0.pbf')).status).toBe(404);
    expect((await get('/tiles/lakes/1/1/0.png')).status).toBe(404);
    expect(await (await get('/tiles/lakes.json')).json()).toEqual({
      ...{ tilejson: '3.0.0', scheme: 'xyz', name: 'Lakes', tiles: [`${url}/tiles/lakes/{z}/{x}/{y}.mvt`] },
      ...{ bounds: [-10, -20, 30, 40], center: [0, 0, 2], minzoom: 0, maxzoom: 2 },
      vector_layers: [{ id: 'lakes', fields: {} }],
    });
    // A replacement in the other schema and without a format.
    const picture = Buffer.from('\x89PNG picture', 'latin1');
    await put({ '1/1/0': picture }, {}, true);
    const next = await get('/tiles/lakes/1/1/0.png');
    expect([Buffer.from(await next.arrayBuffer()), next.headers.get('content-type')]).toEqual([picture, 'image/png']);
    // An unreadable file replaces nothing.
    await writeFile(path, 'half of a file');
    expect((await get('/tiles/lakes/1/1/0.png')).status).toBe(200);
  });

  it.each([
    ['another kind of file', async (path: string) => writeFile(path, 'SQLite format 3\0 of something else')],
    [
      'unfinished writes next to it',
      async (path: string) => {
        await writeFile(path, await mbtilesOf({}));
        await writeFile(`${path}-wal`, 'x');
      },
    ],
    [
      'more bytes than memory allows',
      async (path: string) => {
        await writeFile(path, 'SQLite format 3\0');
        await truncate(path, 2 ** 30 + 1);
      },
    ],
  ])('refuses an MBTiles file with %s', async (_, make) => {
    const path = join(root, 'bad.mbtiles');
    await make(path);
    await expect(sidecar(['--mbtiles', path])).rejects.toMatchObject({ field: '--mbtiles' });
    await rm(`${path}-wal`, { force: true });
  });

  it('reads a file that was written with a write-ahead log', async () => {
    const path = join(root, 'logged.mbtiles');
    const bytes = await mbtilesOf({ '0/0/0': 'one' }, { format: 'png' });
    bytes.set([2, 2], 18);
    await writeFile(path, bytes);
    const { get } = await sidecar(['--mbtiles', path]);
    expect(await (await get('/tiles/logged/0/0/0.png')).text()).toBe('one');
  });

  it('names the flag that has no archive', async () => {
    await writeFile(join(root, 'broken.pmtiles'), 'no archive');
    await expect(sidecar(['--pmtiles', join(root, 'broken.pmtiles')])).rejects.toMatchObject({ field: '--pmtiles' });
  });
});

describe('the state page', () => {
  it('requires the token if there is one, and shows the versions in force', async () => {
    const { get } = await sidecar(['--folder', join(root, 'site')], TOKEN);
    await get('/api/publish', publish('roads', 'v7'));
    const closed = await get('/status');
    expect([closed.status, await closed.text()]).toEqual([401, expect.not.stringContaining('v7')]);
    expect((await get('/status', { headers: { authorization: 'Bearer wrong-token-of-16' } })).status).toBe(401);
    const basic = `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}`;
    for (const authorization of [basic, `Bearer ${TOKEN}`]) {
      const page = await get('/status', { headers: { authorization } });
      const body = await page.text();
      expect(body).toContain('<td>v7</td>');
      expect(body).not.toContain(TOKEN);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    // Another spelling of the path does not bypass the token.
    expect((await get('/%73tatus')).status).not.toBe(200);
    expect((await get('/status', { method: 'POST' })).status).toBe(405);
  });

  it('is open without a token, and publishing is off', async () => {
    const { get } = await sidecar(['--folder', join(root, 'site')]);
    expect((await get('/status')).status).toBe(200);
    expect((await get('/api/publish', publish('roads', 'v7'))).status).toBe(404);
  });

  it('has a style that matches the hash in its policy, in both colour schemes', async () => {
    const { get } = await sidecar(['--folder', join(root, 'site')]);
    const page = await get('/status');
    const style = /<style>([\s\S]*?)<\/style>/.exec(await page.text())![1]!;
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))).toString('base64');
    expect(page.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`);
    expect(style).toContain('color-scheme:light dark;background:Canvas;color:CanvasText');
  });

  it('escapes every value', () => {
    const evil = `<script>"'&\u202e`;
    const outstanding = [{ cdn: evil, tags: [evil], since: 0, tries: 1, dueAt: NaN }];
    const layer = { version: evil, staged: evil, revision: 1, publishedAt: 0, verified: false, outstanding };
    const step = { to: evil, from: evil, at: 0, revision: 1, purged: false };
    const page = statusPage({
      source: evil,
      status: {
        ...{ layers: { [evil]: layer }, running: [{ id: evil, layer: evil, startedAt: 0 }] },
        unfinished: [{ layer: evil, version: evil, since: 0, tries: 5, givenUp: true }],
      },
      state: { ...EMPTY_STATE, layers: { [evil]: { version: evil, revision: 1, publishedAt: 0, steps: [step] } } },
      streams: { clients: 0, dropped: 0, refused: 0, limited: 0 },
      seen: {
        layers: { [evil]: { current: 1, old: 1, answers: { hit: 1 }, stale: 0, errors: 0, mismatches: 0 } },
        beacons: { [evil]: 1 },
      },
      now: 0,
    });
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u202e');
    expect(page.split('&lt;script&gt;&quot;&#39;&amp;·').length - 1).toBe(17);
    expect(page).toMatch(/<strong>\s*given up: publish the same again/);
  });
});

describe('its orders to pages', () => {
  it('are what the file says at each check, and last while it is broken', async () => {
    const path = join(root, 'orders.json');
    const { get, log } = await sidecar(['--folder', join(root, 'site'), '--orders', path]);
    const manifest = async () => (await get('/api/tile-version')).json();
    expect(await manifest()).toEqual({ layers: {} });
    const orders = { worker: 'off', message: 'Back <b>soon</b>' };
    await writeFile(path, JSON.stringify(orders));
    expect(await manifest()).toEqual({ layers: {}, client: orders });
    expect(await (await get('/status')).text()).toContain('Back &lt;b&gt;soon&lt;/b&gt;');
    for (const broken of ['{ "worker": "of', '{"wroker":"off"}', '{"worker":"of"}', '[]', '']) {
      await writeFile(path, broken);
      expect(await manifest()).toEqual({ layers: {}, client: orders });
    }
    expect(log.filter((line) => /^orders: --orders/.test(line)).length).toBeGreaterThan(3);
    await rm(path);
    expect(await manifest()).toEqual({ layers: {} });
    expect(log.at(-1)).toBe('orders: valid again');
  });

  it('must be valid at first', async () => {
    const path = join(root, 'bad-orders.json');
    await writeFile(path, '{"wroker":"off"}');
    await expect(sidecar(['--folder', join(root, 'site'), '--orders', path])).rejects.toMatchObject({
      ...{ code: 'INVALID_OPTION', field: '--orders.wroker', remedy: 'Did you mean worker?' },
    });
    await expect(sidecar(['--folder', join(root, 'site'), '--orders', root])).rejects.toMatchObject({
      ...{ code: 'INVALID_OPTION', field: '--orders', message: '--orders: cannot be read (EISDIR).' },
    });
  });
});

describe('the rest of the site', () => {
  it('serves the worker, collects beacons of allowed pages, keeps versions over a restart', async () => {
    const state = join(root, 'state.json');
    const args = ['--folder', join(root, 'site'), '--state', state, '--page', 'https://maps.example'];
    const first = await sidecar(args, TOKEN);
    const worker = await first.get('/sw.js');
    expect([await worker.text(), worker.headers.get('content-type'), worker.headers.get('cache-control')]).toEqual([
      ...['worker', 'text/javascript; charset=utf-8', 'no-cache'],
    ]);
    const etag = worker.headers.get('etag')!;
    expect((await first.get('/sw.js', { headers: { 'if-none-match': etag } })).status).toBe(304);
    const beacon = (origin: string) => ({
      method: 'POST',
      body: '{}',
      headers: { origin, 'content-type': 'text/plain' },
    });
    expect((await first.get('/api/rum', beacon('https://maps.example'))).status).toBe(400);
    expect((await first.get('/api/rum', beacon('https://evil.example'))).status).toBe(403);
    const long = { ...publish('roads', 'v3'), body: ' '.repeat(5_000_000) };
    expect((await first.get('/api/publish', long)).status).toBe(413);
    expect((await first.get('/api/publish', publish('roads', 'v3'))).status).toBe(200);
    await open.pop()!();
    const second = await sidecar(args, TOKEN);
    expect(await (await second.get('/api/tile-version')).json()).toMatchObject({
      layers: { roads: { version: 'v3' } },
    });
  });

  it('ends its streams when it is closed', async () => {
    const { get } = await sidecar(['--folder', join(root, 'site')]);
    const stream = await get('/api/tile-version/stream');
    await open.pop()!();
    await stream.text().catch(() => undefined);
  });

  it('completes pending responses when closed, and accepts no further request', async () => {
    let finish = (): unknown => undefined;
    const tiles = await upstream((_, response) => {
      response.writeHead(200, { 'content-length': 8 }).write('half');
      finish = () => response.end('half');
    });
    const { get } = await sidecar(['--upstream', tiles.url]);
    const tile = get('/tiles/roads/3/1/1.png').then((response) => response.text());
    await vi.waitFor(() => expect(tiles.seen).toHaveLength(1));
    const closed = open.pop()!();
    await expect(get('/tiles/roads/3/1/2.png')).rejects.toThrow();
    finish();
    expect(await tile).toBe('halfhalf');
    await closed;
  });

  it('does not wait for idle connections when closed, and cuts a response that takes too long', async () => {
    for (const patience of [60_000, 1]) {
      const server = createServer((_, response) => void response.writeHead(200).write('half'));
      const drain = createDrain(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      // Browsers open connections in advance.
      const ahead = connect(port, '127.0.0.1');
      await new Promise((resolve) => server.once('connection', resolve));
      const response = patience === 1 ? await fetch(`http://127.0.0.1:${port}`) : undefined;
      await drain(patience);
      await text(ahead);
      if (response) await expect(response.text()).rejects.toThrow();
    }
  });

  it('survives a client that leaves, and one that does not speak HTTP', async () => {
    const tiles = await upstream((request, response) => void (request.url!.includes('wait') || response.end('tile')));
    const { url, get } = await sidecar(['--upstream', tiles.url]);
    const leave = new AbortController();
    const left = get('/tiles/wait/3/1/1.png', { signal: leave.signal }).catch((error: Error) => error.name);
    while (tiles.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const dropped = new Promise((resolve) => tiles.seen[0]!.once('close', resolve));
    leave.abort();
    expect(await left).toBe('AbortError');
    await dropped;
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    await text(socket);
    expect((await get('/tiles/roads/3/1/1.png')).status).toBe(200);
  });
});

describe('its flags', () => {
  it.each([
    [[], '--upstream'],
    [['--folder', 'a', '--upstream', 'http://h'], '--folder'],
    [['--upstream', 'ftp://h'], '--upstream'],
    [['--upstream', 'http://me:SECRET@h'], '--upstream'],
    [['--upstream', 'http://h/?key=SECRET'], '--upstream'],
    [['--upstream', 'http://h/{z}/{x}'], '--upstream'],
    [['--upstream', 'http://h/data{path}'], '--upstream'],
    [['--folder', ''], '--folder'],
    [['--pmtiles', 'a.mbtiles'], '--pmtiles'],
    [['--mbtiles', 'a.pmtiles'], '--mbtiles'],
    [['--pmtiles', 'a/x.pmtiles', '--mbtiles', 'b/x.mbtiles'], '--mbtiles'],
    [['--pmtiles', 'a/x.pmtiles', '--pmtiles', 'b/x.pmtiles'], '--pmtiles'],
    [['--folder', 'a', '--layer', 'roads'], '--layer'],
    [['--folder', 'a', '--layer', 'roads=toString'], '--layer'],
    [['--folder', 'a', '--layer', 'roads=poi', '--layer', 'roads=base'], '--layer'],
    [['--folder', 'a', '--orders', ''], '--orders'],
    [['--folder', 'a', '--page', '*'], '--page'],
    [['--folder', 'a', '--port', '65536'], '--port'],
    [['--folder', 'a', '--port', '80x'], '--port'],
    [['--folder', 'a', '--host', 'a b'], '--host'],
    [['--folder', 'a', '--timeout', '0'], '--timeout'],
    [['--folder', 'a', '--proxies', '-1'], '--proxies'],
    [['--folder', 'a', '--nonsense'], '--nonsense'],
    [['--folder', 'a', 'b'], 'b'],
  ])('%j: refuses %s', (args, field) => {
    let thrown: unknown;
    try {
      readServe(args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'INVALID_OPTION', field: expect.stringContaining(field) as string });
    expect((thrown as Error).message).not.toContain('SECRET');
  });

  it('reads every command that docs/serve.md shows', async () => {
    const commands = [...(await readFile('docs/serve.md', 'utf8')).matchAll(/^npx sw-tile-cache serve ([^#\n]+)/gm)];
    expect(commands.length).toBeGreaterThan(4);
    for (const [, args] of commands) expect(readServe(args!.trim().replace(/'/g, '').split(/ +/))).toBeDefined();
  });

  it('listens only on this machine by default', () => {
    expect(readServe(['--folder', 'a'])).toMatchObject({ host: '127.0.0.1', port: 8080, proxies: 0, timeout: 30 });
  });

  it.each([
    ['--folder', ['--folder', '/nowhere/at/all']],
    ['--state', ['--folder', '.', '--state', '.']],
  ])('names an unreadable %s', async (field, args) => {
    await expect(sidecar(args)).rejects.toMatchObject({ code: 'INVALID_OPTION', field });
  });

  it.runIf(existsSync('/proc/self'))('warns at the start if publications could not be stored', async () => {
    const args = ['--folder', root, '--state', '/proc/versions.json'];
    await expect(sidecar(args, TOKEN)).rejects.toMatchObject({
      field: '--state',
      message: '--state: cannot be written.',
    });
    await expect(sidecar(args)).resolves.toBeDefined();
  });

  it('says at the start that the file could be locked, but not replaced', async () => {
    await mkdir(join(root, 'state.json.new'));
    await expect(sidecar(['--folder', root, '--state', join(root, 'state.json')], TOKEN)).rejects.toMatchObject({
      message: '--state: cannot be written.',
    });
  });

  it('says which port is in use', async () => {
    const taken = await upstream(() => undefined);
    const task = readServe(['--folder', root, '--port', new URL(taken.url).port])!;
    const needs = { token: undefined, metricsToken: undefined, worker: '', log: () => undefined };
    await expect(startSidecar(task, needs)).rejects.toMatchObject({ field: '--port' });
  });

  it('names the package to install', async () => {
    const absent = () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' }));
    await expect(load('hono', 'hono @hono/node-server', absent)).rejects.toMatchObject({
      message: 'hono: hono and @hono/node-server must be installed.',
      remedy: 'npm install hono @hono/node-server',
    });
  });
});

describe('sw-tile-cache serve', () => {
  function cli(env: Record<string, string>) {
    const said = { out: '', err: '' };
    let stop = () => {};
    const run = (...args: string[]) =>
      runCli(['serve', ...args], {
        out: (words) => void (said.out += words),
        err: (words) => void (said.err += words),
        env,
        readFile: async () => 'two words\n',
        readStdin: async () => '',
        packageVersion: async () => '0',
        fetch,
        serve: { worker: '', stopped: () => new Promise<void>((resolve) => (stop = resolve)) },
      });
    return { run, said, stop: () => stop() };
  }

  it('runs until it is stopped, and prints its address', async () => {
    const { run, said, stop } = cli({ TILE_PUBLISH_TOKEN: `${TOKEN}\n` });
    const code = run('--folder', join(root, 'site'), '--port', '0');
    while (!said.out) await new Promise((resolve) => setTimeout(resolve, 5));
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)![0];
    expect((await fetch(url)).status).toBe(200);
    stop();
    expect(await code).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
    expect(said.out + said.err).not.toContain(TOKEN);
  });

  it('refuses a token that is too short or has spaces, without repeating it', async () => {
    const short = cli({ TILE_PUBLISH_TOKEN: 'SHORT' });
    expect(await short.run('--folder', root)).toBe(2);
    expect(short.said.err).toMatch(/^TILE_PUBLISH_TOKEN: /);
    expect(short.said.err).not.toContain('SHORT');
    const file = cli({});
    expect(await file.run('--folder', root, '--token-file', 'token')).toBe(2);
    expect(file.said.err).toMatch(/^--token-file: /);
    expect(file.said.err).not.toContain('two words');
  });
});
