import { readFile, writeFile, mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from './server/helpers';

const folder = fileURLToPath(new URL('../docs/load/', import.meta.url));

const own = (name: string) => import(pathToFileURL(join(folder, name)).href) as Promise<Record<string, unknown>>;
const { readPlan } = (await own('plan.js')) as { readPlan: (env: Record<string, string>) => object };
const { run } = (await own('run.mjs')) as { run: (plan: object) => Promise<{ broken: string[] }> };

/** An edge whose answers the test chooses. */
const edge = { version: 'v1', label: 'v1', status: 200, hit: true };
let server: Awaited<ReturnType<typeof listen>>;
const asked = new Set<string>();
beforeAll(async () => {
  server = await listen((request, response) => {
    if (request.url === '/api/tile-version')
      return void response.end(JSON.stringify({ layers: { roads: { version: edge.version } } }));
    asked.add(request.url!);
    response.writeHead(edge.status, { 'x-tile-version': edge.label, 'x-cache': edge.hit ? 'HIT' : 'MISS' });
    response.end('tile');
  });
});
afterAll(() => server.close());

async function load(env: Record<string, string> = {}) {
  const variables = {
    ...{
      TILES: `${server.url}/tiles/roads/{z}/{x}/{y}.pbf`,
      VERSIONS: `${server.url}/api/tile-version`,
      LAYER: 'roads',
    },
    ...{ USERS: '5', SECONDS: '1.5', P95: '60000', GRACE: '0', EDGE: '0.9' },
  };
  const child = spawn(process.execPath, [join(folder, 'run.mjs')], { env: { ...process.env, ...variables, ...env } });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, err, result: (out ? JSON.parse(out) : {}) as Record<string, unknown> };
}

describe('the load test without k6', () => {
  it('passes for a sound edge, and checks tiles of the box', async () => {
    const { code, result } = await load({ MIN_ZOOM: '3', MAX_ZOOM: '4', BOX: '0,0,44,40' });
    expect([code, result]).toEqual([0, expect.objectContaining({ errors: 0, old: 0, edge: 1, broken: [] })]);
    expect(result.requests).toBeGreaterThan(5);
    for (const path of asked) expect(path).toMatch(/^\/tiles\/roads\/(3\/4\/3|4\/[89]\/[67])\.pbf$/);
  });

  it('names the limit that an edge violates', async () => {
    Object.assign(edge, { label: 'v0', hit: false });
    expect(await load()).toMatchObject({ code: 1, result: { old: 1, broken: ['old', 'edge'] } });
    Object.assign(edge, { label: 'v1', hit: true, status: 503 });
    expect(await load()).toMatchObject({ code: 1, result: { errors: 1, broken: ['errors'] } });
    Object.assign(edge, { status: 404 });
    expect(await load()).toMatchObject({ code: 0 });
    edge.status = 200;
  });

  it('accepts tiles as new if it could compare only them', async () => {
    const content = { versions: `${server.url}/api/tile-version`, layer: 'roads', users: 1, seconds: 0.3, grace: 0 };
    const plan = { ...readPlan({ TILES: `${server.url}/tiles/roads/{z}/{x}/{y}.pbf`, P95: '60000' }), ...content };
    const broken = async (more: object) => (await run({ ...plan, ...more })).broken;
    expect(await broken({})).toEqual([]);
    expect(await broken({ layer: 'raods' })).toEqual(['versions']);
    expect(await broken({ versions: `${server.url}/tiles/none` })).toEqual(['versions']);
    edge.label = '';
    expect(await broken({})).toEqual(['versions']);
    expect(await broken({ versions: undefined })).toEqual([]);
    edge.label = 'v1';
  });

  it('names what is missing', async () => {
    expect(await load({ TILES: 'http://x/{z}' })).toMatchObject({ code: 2, err: expect.stringContaining('TILES') });
    expect(await load({ BOX: '1,2,0,4' })).toMatchObject({ code: 2, err: expect.stringContaining('BOX') });
    const TILES = 'http://x/{z}/{x}/{y}';
    for (const [name, value] of [
      ['USERS', '0'],
      ['USERS', '1.5'],
      ['SECONDS', '0'],
      ['SECONDS', 'a minute'],
      ['MIN_ZOOM', '13'],
      ['MAX_ZOOM', '6.5'],
      ['P95', '-1'],
    ] as const)
      expect(() => readPlan({ TILES, [name]: value })).toThrow(name);
    expect(readPlan({ TILES, USERS: '', P95: '' })).toMatchObject({ users: 20, limits: { p95: 300 } });
  });
});

it('the k6 script runs one round with k6’s own API', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'k6-'));
  const metrics: Record<string, unknown[]> = {};
  const fakes = {
    __ENV: {
      TILES: 'https://e.test/{z}/{x}/{y}',
      VERSIONS: 'https://e.test/v',
      LAYER: 'roads',
      USERS: '7',
      SECONDS: '3',
    },
    k6: {
      http: {
        get: (url: string) => ({
          status: 200,
          headers: { 'X-Cache': 'HIT', 'X-Tile-Version': 'old' },
          timings: { duration: 12 },
          json: () => ({ layers: { roads: { version: 'new' } } }),
          url,
        }),
      },
      check: (value: unknown, checks: Record<string, (value: unknown) => boolean>) =>
        (metrics.checks = Object.values(checks).map((each) => each(value))),
      sleep: () => undefined,
      Metric: class {
        constructor(private name: string) {}
        add(value: unknown) {
          (metrics[this.name] ??= []).push(value);
        }
      },
    },
  };
  Object.assign(globalThis, fakes);
  try {
    const source = (await readFile(join(folder, 'tiles.k6.js'), 'utf8'))
      .replace(
        "import http from 'k6/http';",
        'const { http, check, sleep, Metric: Rate, Metric: Trend } = globalThis.k6;',
      )
      .replace(/^import .* from 'k6.*\n/gm, '')
      .replace("'./plan.js'", JSON.stringify(pathToFileURL(join(folder, 'plan.js')).href));
    await writeFile(join(temporary, 'script.mjs'), source);
    const script = (await import(pathToFileURL(join(temporary, 'script.mjs')).href)) as {
      options: object;
      default: () => void;
    };
    expect(script.options).toMatchObject({
      ...{ vus: 7, duration: '3s' },
      thresholds: {
        tile_time: ['p(95)<300'],
        tile_errors: ['rate<=0.01'],
        tile_old: ['rate<=0'],
        tile_edge: ['rate>=0'],
        tile_compared: ['rate>0'],
      },
    });
    script.default();
    expect(metrics).toEqual({
      ...{ tile_time: [12], tile_errors: [false], tile_edge: [true], tile_old: [true], checks: [true, false] },
      tile_compared: [true],
    });
  } finally {
    for (const name of Object.keys(fakes)) Reflect.deleteProperty(globalThis, name);
    await rm(temporary, { recursive: true });
  }
});
