import { spawn, spawnSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import MVT from 'ol/format/MVT.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { datasetVersion } from '../../server/publish/dataset-version';
import { toNodeListener } from '../../server/http/node';
import { runCli } from '../../server/cli/run';
import { createTileList } from '../../server/tiles/encode-tiles';
import { readTileList } from '../../server/tiles/read-tile-list';
import { parseManifest } from '../../src/shared/parse-manifest';
import { presets } from '../../src/shared/presets';
import { checkBody } from '../../sw/policy/plausible';
import { listen, testOrigin, TOKEN } from '../server/helpers';
import { freePort, type Program, program, start, temporaryFolder } from './programs';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const examples = fileURLToPath(new URL('../../docs/python/', import.meta.url));

/** Debian's Python, which has the packages; another one on the path need not have them. */
function python(): string {
  const path = '/usr/bin/python3';
  const { status } = spawnSync(path, ['-c', 'import fastapi, uvicorn, flask']);
  if (status !== 0)
    throw new Error(
      `${program('python3')}: python3-fastapi, python3-uvicorn and python3-flask are not installed. Run: npm run setup (scripts/setup.mjs)`,
    );
  return path;
}

const servers = {
  FastAPI: (port: number) => [
    '-m',
    'uvicorn',
    '--app-dir',
    examples,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'warning',
    'fastapi_app:app',
  ],
  Flask: (port: number) => [
    '-m',
    'flask',
    '--app',
    `${examples}flask_app`,
    'run',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ],
};

describe.each(Object.entries(servers))('the %s example', (_name, args) => {
  let app: Program;
  let url: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const environment = () => ({
    TILE_PUBLISH_TOKEN: TOKEN,
    TILE_VERSIONS_FILE: `${folder.path}/versions.json`,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONPATH: examples,
  });

  beforeAll(async () => {
    folder = await temporaryFolder();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    app = await start(python(), args(port), port, environment());
  }, 40_000);

  afterAll(async () => {
    await app?.stop();
    await folder?.remove();
  });

  const manifest = async () => parseManifest(await (await fetch(`${url}/api/tile-version`)).json());

  it('has a version endpoint for our client, with ETag and 304', async () => {
    const response = await fetch(`${url}/api/tile-version`);
    expect([response.headers.get('cache-control'), response.headers.get('content-type')]).toEqual([
      'no-cache',
      'application/json',
    ]);
    const version = await datasetVersion('first edition');
    expect(parseManifest(await response.json()).layers.flood_zones).toEqual({ version, revision: expect.any(Number) });
    const etag = response.headers.get('etag')!;
    expect((await fetch(`${url}/api/tile-version`, { headers: { 'if-none-match': `"x", W/${etag}` } })).status).toBe(
      304,
    );
    expect((await fetch(`${url}/api/tile-version`, { method: 'HEAD' })).status).toBe(200);
  });

  it('serves both forms of the manifest', async () => {
    const entry = { version: await datasetVersion('first edition'), revision: expect.any(Number) };
    for (const path of ['?layer=flood_zones', '/flood_zones']) {
      const response = await fetch(`${url}/api/tile-version${path}`);
      expect(parseManifest(await response.json()).all).toEqual(entry);
    }
    expect((await fetch(`${url}/api/tile-version/unknown`)).status).toBe(404);
  });

  it('serves real tiles, labelled, under versioned URLs', async () => {
    const { tiles } = (await (await fetch(`${url}/tiles/flood_zones/tile.json`)).json()) as { tiles: string[] };
    const version = await datasetVersion('first edition');
    expect(tiles).toEqual([`${url}/tiles/flood_zones/{z}/{x}/{y}.pbf?v=${version}`]);
    const tile = await fetch(tiles[0]!.replace('{z}/{x}/{y}', '3/1/2'));
    const bytes = new Uint8Array(await tile.arrayBuffer());
    expect(checkBody(tile.status, tile.headers, bytes, { accept: undefined }, 'basic', { url: tile.url })).toBe(
      undefined,
    );
    const [feature] = new MVT().readFeatures(bytes.buffer);
    expect([feature?.getType(), feature?.get('edition'), feature?.get('layer')]).toEqual([
      'Polygon',
      version,
      'flood_zones',
    ]);
    expect(Object.fromEntries(tile.headers)).toMatchObject({
      'content-type': 'application/vnd.mapbox-vector-tile',
      'x-tile-version': version,
      'cache-control': 'public, max-age=60, stale-while-revalidate=30, stale-if-error=86400',
      'cache-tag': 'layer:flood_zones',
      'surrogate-key': 'layer:flood_zones',
    });
    expect((await fetch(`${url}/tiles/unknown/0/0/0.pbf`)).status).toBe(404);
  });

  const post = (body: string, token = TOKEN) =>
    fetch(`${url}/api/publish`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });

  it('accepts valid publications with the token', async () => {
    expect((await post('{"layer":"flood_zones"}', 'wrong')).status).toBe(401);
    const unsound = [
      '{"layer":"flood_zones","bbox":[500,1,2,3]}',
      '{"layer":"flood_zones","bbox":[NaN,1,2,3]}',
      '{"layer":"flood_zones","bbox":[1,NaN,2,Infinity]}',
      '{"layer":"flood_zones","bbox":["1",2,3,4]}',
      '{"layer":"flood_zones","bbox":[1,4,2,3]}',
      '{"layer":"flood_zones","zooms":[5,2]}',
      '{"layer":"flood_zones","zooms":[1.5,2]}',
      '{"layer":"flood_zones","version":"a\\nb"}',
      '{"layer":"flood_zones","version":7}',
      // No client could read a manifest with it.
      '{"layer":"flood_zones","version":"a b"}',
      '{"layer":"flood_zones","tags":"a"}',
      '{"layer":"flood_zones","changed":"false"}',
      '{"layer":"flood_zones","boxx":[1,2,3,4]}',
      '{"layer":"unknown","version":"v"}',
      '{"layer":["flood_zones"]}',
      '{"layer":"flood_zones","boxes":[]}',
      '{"layer":"flood_zones","boxes":[null]}',
      '{"layer":"flood_zones","boxes":[[1,2,3,4]],"bbox":[1,2,3,4]}',
      '{"layer":"flood_zones","tiles":""}',
      '{"layer":"flood_zones","tiles":[]}',
      '{"layer":"flood_zones","tiles":7}',
      '{"layer":"flood_zones","tiles":["3/8/0"]}',
      '{"layer":"flood_zones","tiles":"AQ4O"}',
      '{"layer":"flood_zones","tiles":"no list!"}',
      '{"layer":"flood_zones","tiles":["3/1/1"],"zooms":[1,2]}',
      '{"layer":"flood_zones","samples":[{"z":1,"x":2,"y":0}]}',
      '{"layer":"flood_zones","samples":["1/0/0"]}',
      '{"layer":"flood_zones","allowGone":"yes"}',
      '{"version":"v"}',
      '"flood_zones"',
      'no JSON',
      '['.repeat(50_000),
      `{"layer":"flood_zones","version":"${'v'.repeat(530_000)}"}`,
    ];
    const before = await manifest();
    for (const body of unsound) {
      const response = await post(body);
      expect([body.slice(0, 60), response.status]).toEqual([body.slice(0, 60), 400]);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error).toMatchObject({ code: 'INVALID_MESSAGE', message: expect.stringMatching(/^.{10,}\.$/) });
    }
    expect(await manifest()).toEqual(before);

    const change = { layer: 'flood_zones', version: 'second', bbox: [-74, 40, -73, 41], id: 'job 2' };
    const report = await (await post(JSON.stringify(change))).json();
    expect(report).toMatchObject({
      ok: true,
      version: 'second',
      applied: true,
      steps: [{ step: 'announce', ok: true }],
    });
    const expected = {
      version: 'second',
      revision: expect.any(Number) as number,
      changes: [{ from: await datasetVersion('first edition'), bbox: [-74, 40, -73, 41] }],
    };
    expect((await manifest()).layers.flood_zones).toEqual(expected);
    expect((await fetch(`${url}/tiles/flood_zones/0/0/0.pbf`)).headers.get('x-tile-version')).toBe('second');
  });

  it('accepts our command and publish.py, which print refusals with a reason', async () => {
    const cli = async (...args: string[]) => {
      const said = { out: '', err: '' };
      const code = await runCli(['publish', '--url', `${url}/api/publish`, ...args], {
        out: (text) => void (said.out += text),
        err: (text) => void (said.err += text),
        readFile: () => Promise.reject(new Error('no file')),
        readStdin: () => Promise.resolve(''),
        packageVersion: () => Promise.resolve('1'),
        env: { TILE_PUBLISH_TOKEN: TOKEN },
        fetch,
      });
      return { code, ...said };
    };
    const shell = await cli('--layer', 'flood_zones', '--version', 'third', '--zooms', '3,9', '--id', 'job 3');
    expect(shell).toMatchObject({ code: 0, err: '' });
    expect(shell.out).toMatch(/^ok {3}announce .*\nflood_zones is now third \(before: second\), revision \d+\n$/);
    expect((await manifest()).layers.flood_zones?.changes).toEqual([{ from: 'second', zooms: [3, 9] }]);

    const py = await publishPy(`${url}/api/publish`, 'flood_zones', 'fourth', 'job 4');
    expect(py).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('ok   announce revision') });
    // A late repetition changes nothing.
    const past = ['--layer', 'flood_zones', '--version', 'third', '--id', 'job 3'];
    expect(await cli(...past, '--zooms', '3,9')).toMatchObject({ code: 0 });
    // For the whole layer, it would be a different publication.
    expect(await cli(...past)).toMatchObject({ code: 3, err: expect.stringContaining('(409)') });
    expect((await manifest()).layers.flood_zones?.version).toBe('fourth');

    expect(await cli('--layer', 'unknown', '--version', 'v')).toMatchObject({
      code: 3,
      err: expect.stringContaining('no such layer'),
    });
    expect(await publishPy(`${url}/api/publish`, 'unknown', 'v')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('no such layer'),
    });
    // Lists of tiles, boxes and samples, as both commands send them.
    await writeFile(`${folder.path}/expired.txt`, '14/8800/5373\n14/8801/5373\n3/0/7\n');
    const { changes: before } = (await manifest()).layers.flood_zones!;
    expect(
      await cli(
        '--layer',
        'flood_zones',
        '--version',
        'fifth',
        '--expire',
        `${folder.path}/expired.txt`,
        '--sample',
        '3/0/7',
        '--scope',
        'tiles',
        '--allow-gone',
      ),
    ).toMatchObject({ code: 0, err: '' });
    const [listed, ...more] = (await manifest()).layers.flood_zones!.changes!;
    expect([before, more, listed!.from, listed!.zooms]).toEqual([undefined, [], 'fourth', [3, 14]]);
    expect([...readTileList(listed!.tiles!)].map(({ z, x, y }) => `${z}/${x}/${y}`).sort()).toEqual([
      '14/8800/5373',
      '14/8801/5373',
      '3/0/7',
    ]);
    const boxes = [
      [1, 2, 3, 4],
      [170, -5, -170, 5],
    ];
    expect(
      await (await post(JSON.stringify({ layer: 'flood_zones', version: 'sixth', boxes, zooms: [0, 9] }))).json(),
    ).toMatchObject({ ok: true });
    expect((await manifest()).layers.flood_zones!.changes).toEqual(
      boxes.map((bbox) => ({ from: 'fifth', bbox, zooms: [0, 9] })),
    );
    // The origin generates a version if none is given.
    expect(await cli('--layer', 'flood_zones')).toMatchObject({ code: 0 });
    expect((await manifest()).layers.flood_zones?.version).toMatch(/^[0-9a-f]{16}$/);
  });

  it('distinguishes a repetition from another publication, and a further part from no change', async () => {
    const say = async (body: object) => {
      const response = await post(JSON.stringify({ layer: 'flood_zones', ...body }));
      return { status: response.status, ...((await response.json()) as { applied?: boolean; revision?: number }) };
    };
    const first = await say({ version: 'alpha', id: 'once', bbox: [0, 0, 1, 1] });
    expect(first).toMatchObject({ status: 200, applied: true });
    expect(await say({ version: 'alpha', id: 'once', bbox: [0, 0, 1, 1] })).toMatchObject({
      status: 200,
      revision: first.revision,
      applied: false,
    });
    for (const other of [{ version: 'beta' }, { bbox: [5, 5, 6, 6] }])
      expect((await say({ version: 'alpha', id: 'once', bbox: [0, 0, 1, 1], ...other })).status).toBe(409);
    // Clients that are behind would treat those tiles as current.
    const further = await say({ version: 'alpha', id: 'twice', bbox: [5, 5, 6, 6] });
    expect(further.applied).toBe(true);
    const { revision, changes } = (await manifest()).layers.flood_zones!;
    expect([revision, changes]).toEqual([further.revision, undefined]);
    expect(revision).toBeGreaterThan(first.revision!);
    for (const changed of [false, 0, []]) expect((await say({ changed })).applied).toBe(false);
  });

  it('answers odd requests with a reason, whatever the path, field or number', async () => {
    const digits = '9'.repeat(5000);
    const none = [
      ...[
        '%00',
        '%0d%0aX-A:b',
        'a'.repeat(8192),
        '%C3%A9',
        'e%CC%81',
        '%ed%a0%80',
        '..%2fx',
        '%22%3C%3E',
        '%3F%23',
      ].flatMap((layer) => [`/api/tile-version/${layer}`, `/tiles/${layer}/0/0/0.pbf`, `/tiles/${layer}/tile.json`]),
      ...[digits, '-1', '31', '1.5', '1_0', '%D9%A1', 'True', '0x1', '1e0', '%20', '+1'].map(
        (zoom) => `/tiles/flood_zones/${zoom}/0/0.pbf`,
      ),
      ...['0/1/0', '0/0/1', '3/8/0', `3/${digits}/0`].map((tile) => `/tiles/flood_zones/${tile}.pbf`),
    ];
    for (const path of none) {
      const { status, headers } = await fetch(`${url}${path}`);
      expect([path.slice(0, 40), status, headers.get('x-a')]).toEqual([path.slice(0, 40), 404, null]);
    }
    expect((await fetch(`${url}/tiles/flood_zones/3/7/7.pbf`)).status).toBe(200);
    const refused = [
      ...['\\ud800', '\\u0000', '\\r\\n\\u001b[31m', 'e\u0301'].flatMap((text) => [
        `{"layer":"flood_zones","${text}":1}`,
        `{"layer":"flood_zones","version":"${text}"}`,
        `{"layer":"flood_zones","id":"${text}"}`,
        `{"layer":"flood_zones","tags":["${text}"]}`,
        `{"layer":"flood_zones","tiles":"${text}"}`,
        `{"layer":"flood_zones${text}"}`,
      ]),
      ...[digits, `-${digits}`, '1e999', 'true', '{}', '[]'].flatMap((value) => [
        `{"layer":"flood_zones","version":${value}}`,
        `{"layer":"flood_zones","bbox":[${value},0,1,1]}`,
        `{"layer":"flood_zones","zooms":[0,${value}]}`,
        `{"layer":"flood_zones","samples":[{"z":1,"x":${value},"y":0}]}`,
        `{"layer":"flood_zones","scope":${value}}`,
      ]),
    ];
    const before = await manifest();
    for (const body of refused) {
      const response = await post(body);
      const text = await response.text();
      expect([body.slice(0, 80), response.status]).toEqual([body.slice(0, 80), 400]);
      // The output has no control characters.
      expect(JSON.parse(text).error.message).toMatch(/^[\x20-\x7e]+\.$/);
    }
    expect(await manifest()).toEqual(before);
  });

  it('is one of several processes that share the file', async () => {
    const port = await freePort();
    const other = await start(python(), args(port), port, environment());
    try {
      const body = JSON.stringify({ layer: 'flood_zones', version: 'of-the-other' });
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const there = await fetch(`http://127.0.0.1:${port}/api/publish`, { method: 'POST', body, headers });
      expect(there.status).toBe(200);
      expect((await manifest()).layers.flood_zones!.version).toBe('of-the-other');
      expect((await fetch(`${url}/tiles/flood_zones/0/0/0.pbf`)).headers.get('x-tile-version')).toBe('of-the-other');
    } finally {
      await other.stop();
    }
  });

  it('keeps its versions across a restart; without the file, revisions still only rise', async () => {
    const { version, revision } = (await manifest()).layers.flood_zones!;
    await app.stop();
    let port = await freePort();
    url = `http://127.0.0.1:${port}`;
    app = await start(python(), args(port), port, environment());
    expect((await manifest()).layers.flood_zones).toMatchObject({ version, revision });
    await app.stop();
    await rm(`${folder.path}/versions.json`);
    // Revisions begin at the clock's seconds: with more publications than seconds, they run ahead of it for a moment.
    await vi.waitFor(() => expect(Date.now() / 1000).toBeGreaterThan(revision!), { timeout: 30_000 });
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    app = await start(python(), args(port), port, environment());
    expect((await manifest()).layers.flood_zones?.version).toBe(await datasetVersion('first edition'));
    expect((await manifest()).layers.flood_zones!.revision).toBeGreaterThanOrEqual(revision!);
  });

  // This test is the last one, since its revisions run ahead of the clock.
  it('accepts many publications at once, and loses none', async () => {
    const many = Array.from({ length: 20 }, (_, i) => ({
      layer: 'flood_zones',
      version: `at-once-${i}`,
      id: `at once ${i}`,
    }));
    const reports = await Promise.all(
      many.map(async (each) => (await (await post(JSON.stringify(each))).json()) as { revision: number }),
    );
    const revisions = reports.map(({ revision }) => revision).sort((a, b) => a - b);
    expect(new Set(revisions).size).toBe(20);
    expect((await manifest()).layers.flood_zones!.revision).toBe(revisions.at(-1));
    // The server remembers each of them.
    for (const [i, each] of many.entries())
      expect(await (await post(JSON.stringify(each))).json()).toMatchObject({ revision: reports[i]!.revision });
  });
});

/** Runs publish.py with the token of the tests. */
const publishPy = (...args: string[]) =>
  run(python(), [`${examples}publish.py`, ...args], { TILE_PUBLISH_TOKEN: TOKEN, PYTHONDONTWRITEBYTECODE: '1' });

describe('publish.py', () => {
  const report = { ok: true, steps: [{ step: 'announce', ok: true, detail: 'revision 7' }] };
  let server: ReturnType<typeof createServer>;
  let url: string;
  const asked: Array<{ path: string; token: string | undefined }> = [];
  let jobAsked = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url!;
      asked.push({ path, token: request.headers.authorization });
      const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(typeof body === 'string' ? body : JSON.stringify(body));
      request.resume();
      if (path === '/redirect') return answer(307, '', { location: '/elsewhere' });
      if (path === '/slow') return answer(202, { job: { id: '1', state: 'running' } }, { location: '/slow/1' });
      // The edge fails once while the job runs.
      if (path === '/slow/1') {
        jobAsked += 1;
        if (jobAsked === 1) return answer(502, '<html>');
        // The answer of another instance, which does not know the job.
        if (jobAsked === 2) return answer(404, { error: { message: 'no such job' } });
        return answer(200, { job: { id: '1', ...(jobAsked > 3 ? { state: 'done', report } : { state: 'running' }) } });
      }
      if (path === '/away') return answer(202, {}, { location: 'http://127.0.0.1:1/x' });
      if (path === '/list') return answer(200, ['x']);
      if (path === '/steps') return answer(200, { steps: ['x'], ok: true });
      const failed = /^\/failed-(\w+)$/.exec(path)?.[1];
      if (failed) return answer(502, { ok: false, steps: [...report.steps, { step: failed, ok: false, detail: '' }] });
      if (path === '/cut')
        return void response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy());
      if (path === '/trickle') {
        const timer = setInterval(() => response.write(' '), 20);
        return void response.on('close', () => clearInterval(timer));
      }
      return answer(200, '<html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('follows no redirect with its token, and does not send it over http to another machine', async () => {
    expect(await publishPy(`${url}/redirect`, 'roads', 'v')).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/redirects \(307\).*\/elsewhere\n$/),
    });
    expect(asked.map(({ path }) => path)).toEqual(['/redirect']);
    for (const away of [
      'http://192.0.2.1/api/publish',
      'ftp://127.0.0.1/x',
      'nonsense',
      'http://[',
      'http://localhost.evil.example/',
    ])
      expect([away, await publishPy(away, 'roads', 'v')]).toEqual([
        away,
        { status: 2, stdout: '', stderr: expect.stringMatching(/^the URL must be .*\n$/) },
      ]);
  });

  it('follows a job across a network failure', async () => {
    expect(await publishPy(`${url}/slow`, 'roads', 'v')).toEqual({
      status: 0,
      stdout: 'ok   announce revision 7\n',
      stderr: '',
    });
    expect(asked.filter(({ path }) => path === '/slow/1').every(({ token }) => token === `Bearer ${TOKEN}`)).toBe(true);
  });

  it('exits with 1 if the version is announced despite an error, and with 4 if it is not, like our command', async () => {
    for (const [step, status] of [
      ['purge', 1],
      ['verify', 1],
      ['ready', 4],
      ['announce', 4],
    ] as const)
      expect([step, (await publishPy(`${url}/failed-${step}`, 'roads', 'v')).status]).toEqual([step, status]);
  });

  it('refuses unknown options, and a token that no header can carry', async () => {
    const before = asked.length;
    expect(await publishPy(`${url}/slow`, 'roads', 'v', '--bbox=0,0,1,1')).toMatchObject({ status: 2, stdout: '' });
    const env = { TILE_PUBLISH_TOKEN: 'two words', PYTHONDONTWRITEBYTECODE: '1' };
    expect(await run(python(), [`${examples}publish.py`, `${url}/slow`, 'roads', 'v'], env)).toMatchObject({
      status: 2,
      stderr: expect.not.stringContaining('two words'),
    });
    expect(asked.length).toBe(before);
  });

  it('gives up an answer that comes byte by byte', async () => {
    const code = `import sys; sys.path.insert(0, sys.argv[1])
from publish import publish, Failed
try: publish(sys.argv[2], "token", {"layer": "roads"}, timeout=0.2)
except Failed as error: print(error, error.code)`;
    const env = { PYTHONDONTWRITEBYTECODE: '1' };
    expect((await run(python(), ['-c', code, examples, `${url}/trickle`], env)).stdout).toBe(
      'the origin did not answer: TimeoutError 4\n',
    );
  });

  it('prints a reason whatever the answer', async () => {
    for (const path of ['/away', '/list', '/steps', '/cut', '/page']) {
      const { status, stderr } = await publishPy(`${url}${path}`, 'roads', 'v');
      expect([path, status]).toEqual([path, path === '/away' || path === '/cut' ? 4 : 3]);
      expect(stderr).toMatch(/^[^\n]{10,}\n$/);
    }
    expect(await publishPy('http://127.0.0.1:1/', 'roads', 'v')).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^the origin did not answer.*\n$/),
    });
  });
});

describe('Python and JavaScript', () => {
  it('have the same presets', () => {
    const script = 'import json; from tile_versions import PRESETS; print(json.dumps(PRESETS))';
    const { stdout, stderr } = spawnSync(python(), ['-c', script], {
      cwd: examples,
      encoding: 'utf8',
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect(stderr).toBe('');
    const headers = Object.entries(presets).map(([name, { maxAge, staleWhileRevalidate, staleIfError }]) => [
      name,
      `public, max-age=${maxAge}, stale-while-revalidate=${staleWhileRevalidate}, stale-if-error=${Math.min(staleIfError, 31_536_000)}`,
    ]);
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(headers));
  });

  it('derive the same version from the same files', async () => {
    const folder = await temporaryFolder();
    try {
      await mkdir(join(folder.path, 'sub'));
      const files = ['b.mbtiles', 'sub/a.mbtiles', 'ä.bin', '\u{1F5FA}.bin', '\uFFEE.bin'].map((name) =>
        join(folder.path, name),
      );
      for (const [i, file] of files.entries()) await writeFile(file, `data ${i}`);
      // Symbolic links, which switch releases: to a file, and to the whole folder.
      await symlink('b.mbtiles', join(folder.path, 'current.mbtiles'));
      files.push(join(folder.path, 'current.mbtiles'));
      const link = join(folder.path, 'sub', 'link');
      await symlink(folder.path, link);
      const script =
        'import sys; from tile_versions import files_version; print(files_version(sys.argv[2:], sys.argv[1]))';
      const inPython = (root: string, paths: string[]) => {
        const { stdout, stderr } = spawnSync(python(), ['-c', script, root, ...paths], {
          encoding: 'utf8',
          env: { ...process.env, PYTHONPATH: examples, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' },
        });
        expect(stderr).toBe('');
        return stdout.trim();
      };
      const version = await datasetVersion({ files, root: folder.path });
      expect(inPython(folder.path, files)).toBe(version);
      const linked = files.map((file) => file.replace(folder.path, link));
      expect([inPython(link, linked), await datasetVersion({ files: linked, root: link })]).toEqual([version, version]);
      expect(inPython(folder.path, linked)).toBe(await datasetVersion({ files: linked, root: folder.path }));
    } finally {
      await folder.remove();
    }
  });

  it('publish.py and curl publish to our origin', async () => {
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } } });
    const { url, close } = await listen(toNodeListener(origin.fetch));
    try {
      const py = await publishPy(`${url}/api/publish`, 'roads', 'v2', 'job-1');
      expect(py).toMatchObject({ status: 0, stdout: expect.stringContaining('ok   announce revision 2') });
      // The origin reads its samples.
      expect((await publishPy(`${url}/api/publish`, 'roads', 'v2', '--sample=1/0/0', 'job-1')).stdout).toContain(
        'already',
      );
      const outside = await publishPy(`${url}/api/publish`, 'roads', 'v2', '--sample=1/7/0');
      expect(outside).toMatchObject({ status: 3, stderr: expect.stringContaining('samples[0]') });
      expect((await publishPy(`${url}/api/publish`, 'roads', 'v2', '--sample=1/7')).status).toBe(2);
      const curl = await run(program('curl'), [
        '--fail-with-body',
        '--silent',
        '-H',
        `Authorization: Bearer ${TOKEN}`,
        '--json',
        '{"layer":"roads","version":"v3","bbox":[0,0,1,1]}',
        `${url}/api/publish`,
      ]);
      expect(curl.status).toBe(0);
      expect(JSON.parse(curl.stdout)).toMatchObject({ ok: true, revision: 3, plan: 'bbox' });
      expect(await origin.version('roads')).toBe('v3');
    } finally {
      await close();
    }
  });
});

function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.once('error', reject).once('close', (status) => resolve({ status, ...said }));
  });
}

/** Publishes, corrupts the file, reads and publishes again, repairs it and publishes; always through a link. */
const SPOILT_FILE = `
import json, os, sys
from tile_versions import TileVersions
from publications import publish
folder, spoilt, token = sys.argv[1:]
path, link = os.path.join(folder, 'spoilt.json'), os.path.join(folder, 'link.json')
for each in (path, link):
    if os.path.lexists(each): os.remove(each)
os.symlink('spoilt.json', link)
versions = TileVersions({'roads': 'vector'}, link)
post = lambda version: publish(json.dumps({'layer': 'roads', 'version': version}).encode(), f'bearer  {token} ', versions)[0]
said = [post('v1')]
whole = open(path).read()
open(path, 'w').write(spoilt)
said += [versions.version('roads'), versions.tile_headers('roads')['X-Tile-Version'], post('v2')]
try: TileVersions({'roads': 'vector'}, path)
except OSError as error: said.append(error.strerror)
open(path, 'w').write(whole)
said += [post('v3'), json.load(open(path))['layers']['roads']['version'], os.path.islink(link)]
print(json.dumps(said))
`;

it.each(['', '{"revision":1,', 'null', '[]', '{"revision":"1","layers":{}}', '{"revision":1,"layers":{"roads":1}}'])(
  'keeps the versions in force in Python while the file holds %j, and writes where a link leads',
  async (spoilt) => {
    const folder = await temporaryFolder();
    const { stdout, stderr } = spawnSync(python(), ['-c', SPOILT_FILE, folder.path, spoilt, TOKEN], {
      encoding: 'utf8',
      cwd: examples,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', TILE_PUBLISH_TOKEN: TOKEN },
    });
    await folder.remove();
    const why = 'the file holds something else, restore it or delete it';
    expect([stderr, JSON.parse(stdout || 'null')]).toEqual(['', [200, 'v1', 'v1', 503, why, 200, 'v3', true]]);
  },
);

it('packs and reads lists of tiles like the origin on Node', () => {
  const any = fc.array(
    fc.nat(16).chain((z) => fc.tuple(fc.constant(z), fc.nat(2 ** z - 1), fc.nat(2 ** z - 1))),
    { minLength: 1, maxLength: 60 },
  );
  const lists = fc.sample(any, 60).map((tiles) => tiles.map(([z, x, y]) => ({ z, x, y })));
  const lines = lists.map((tiles) => tiles.map(({ z, x, y }) => `${z}/${x}/${y}`));
  const ours = lists.map((tiles) => {
    const list = createTileList();
    for (const tile of tiles) list.add(tile);
    return list.pack();
  });
  const { stdout, stderr } = spawnSync(
    python(),
    [
      '-c',
      'import json, sys; from tile_list import *; a, b = json.load(sys.stdin); print(json.dumps([[pack(l), around(pack(l)), around(p)] for l, p in zip(a, b)]))',
    ],
    {
      input: JSON.stringify([lines, ours]),
      encoding: 'utf8',
      cwd: examples,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    },
  );
  expect(stderr).toBe('');
  const theirs = JSON.parse(stdout) as Array<[string, Around, Around]>;
  type Around = [bbox: [number, number, number, number], zooms: [number, number]];
  theirs.forEach(([packed, ...boxes], i) => {
    // At least the same tiles: ours may name complete quarters instead.
    const named = new Set([...readTileList(packed)].map(({ z, x, y }) => `${z}/${x}/${y}`));
    expect(named).toEqual(new Set(lines[i]));
    const zooms = lists[i]!.map(({ z }) => z);
    for (const [[west, south, east, north], range] of boxes) {
      expect(range).toEqual([Math.min(...zooms), Math.max(...zooms)]);
      // A box changes every tile that it touches: parents of listed tiles need not lie in the list.
      for (const { z, x, y } of lists[i]!) {
        const longitude = (column: number) => (column / 2 ** z) * 360 - 180;
        const latitude = (row: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / 2 ** z))) * 180) / Math.PI;
        expect(west < longitude(x + 1) && east > longitude(x)).toBe(true);
        expect(south < latitude(y) && north > latitude(y + 1)).toBe(true);
      }
    }
  });
});
