import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createCloudflarePurger } from '../../../server/purge/cloudflare';
import { createFastlyPurger } from '../../../server/purge/fastly';
import { createNginxFilesPurger, createNginxLocationPurger } from '../../../server/purge/nginx';
import type { PurgeOptions } from '../../../server/purge/purger';
import { quoted } from '../../../server/purge/words';
import { createVarnishPurger } from '../../../server/purge/varnish';
import { fakeClock, listen } from '../helpers';

interface Call {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: any;
}
type Answer = { status?: number; headers?: Record<string, string>; body?: unknown };

const closing: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A local server that sends answers in the CDN's documented shape, in order; the last one repeats. */
async function cdn(...answers: Answer[]) {
  const calls: Call[] = [];
  const { url, close } = await listen((request, response) => {
    let text = '';
    request
      .setEncoding('utf8')
      .on('data', (chunk: string) => (text += chunk))
      .on('end', () => {
        calls.push({
          method: request.method!,
          path: request.url!,
          headers: request.headers,
          body: text ? JSON.parse(text) : undefined,
        });
        const { status = 200, headers = {}, body = {} } = answers[Math.min(calls.length, answers.length) - 1] ?? {};
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
      });
  });
  closing.push(close);
  const clock = fakeClock();
  const effects: PurgeOptions = { now: clock.now, sleep: clock.sleep, random: () => 0.5 };
  return { url, calls, clock, effects };
}

const CLOUDFLARE_OK = {
  body: { success: true, errors: [], messages: [], result: { id: '023e105f4ecef8ad9ca31a8372d0c353' } },
};
const CLOUDFLARE_LIMIT = {
  status: 429,
  body: {
    success: false,
    errors: [{ code: 10000, message: 'Rate limited. Please wait and consider throttling your request speed' }],
    messages: [],
    result: null,
  },
};
/** The answers of nginx, configured as in docs/edge, to a renewal and to the check after it. */
const RENEWED: Answer[] = [
  { headers: { 'cache-status': 'nginx; fwd=bypass' } },
  { headers: { 'cache-status': 'nginx; hit' } },
];
const BANNED: Answer = { headers: { 'x-tile-purge': 'Banned' } };
const PURGED: Answer = { headers: { 'x-tile-purge': 'Purged' } };
const names = (n: number, prefix: string) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

describe('Cloudflare', () => {
  const make = (url: string, effects: PurgeOptions, rest = {}) =>
    createCloudflarePurger({ zone: 'zone1', token: 'cf-secret', api: url, ...effects, ...rest });

  it('purges by tag, 30 at a time', async () => {
    const { url, calls, effects } = await cdn(CLOUDFLARE_OK);
    const result = await make(url, effects).purge({ layer: 'roads', tags: names(31, 't') });
    expect(
      calls.map(({ method, path, headers, body }) => [method, path, headers.authorization, body.tags.length]),
    ).toEqual([
      ['POST', '/zones/zone1/purge_cache', 'Bearer cf-secret', 30],
      ['POST', '/zones/zone1/purge_cache', 'Bearer cf-secret', 1],
    ]);
    expect(result).toEqual({ requests: 2, retries: 0 });
  });

  it('purges by URL, 30 at a time', async () => {
    const { url, calls, effects } = await cdn(CLOUDFLARE_OK);
    await make(url, effects).purge({ layer: 'roads', tags: ['t'], urls: names(65, 'https://t.test/') });
    expect(calls.map(({ body }) => body.files.length)).toEqual([30, 30, 5]);
  });

  it('does not exceed the rate limit', async () => {
    const { url, calls, clock, effects } = await cdn(CLOUDFLARE_OK);
    const start = clock.at;
    await make(url, effects, { requestsPerSecond: 2 }).purge({ layer: 'roads', tags: names(150, 't') });
    expect([calls.length, clock.at - start]).toEqual([5, 2000]);
  });

  it('waits for Retry-After', async () => {
    const { url, clock, effects } = await cdn({ ...CLOUDFLARE_LIMIT, headers: { 'retry-after': '7' } }, CLOUDFLARE_OK);
    expect(await make(url, effects).purge({ layer: 'roads', tags: ['t'] })).toEqual({ requests: 2, retries: 1 });
    expect(clock.slept).toEqual([7]);
  });

  it('backs off without Retry-After, then gives up with Cloudflare’s message and without the token', async () => {
    const { url, calls, clock, effects } = await cdn(CLOUDFLARE_LIMIT);
    const error = (await make(url, effects, { attempts: 4, requestsPerSecond: 1000 })
      .purge({ layer: 'roads', tags: ['t'] })
      .catch((e: Error) => e)) as Error;
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', message: expect.stringContaining('Rate limited') });
    expect(JSON.stringify([error, String(error.stack)])).not.toContain('cf-secret');
    expect([calls.length, clock.slept]).toEqual([4, [0.5, 1, 2]]);
  });

  it('does not wait beyond its limit', async () => {
    const { url, calls, effects } = await cdn({ ...CLOUDFLARE_LIMIT, headers: { 'retry-after': '300' } });
    await expect(make(url, effects, { patience: 60 }).purge({ layer: 'roads', tags: ['t'] })).rejects.toMatchObject({
      message: expect.stringContaining('there is no time left to wait 300 s'),
    });
    expect(calls).toHaveLength(1);
  });

  it('does not retry an error that is permanent', async () => {
    const { url, calls, effects } = await cdn({
      status: 403,
      body: { success: false, errors: [{ code: 9109, message: 'Unauthorized to access requested resource' }] },
    });
    await expect(make(url, effects).purge({ layer: 'roads', tags: ['t'] })).rejects.toMatchObject({
      message: 'cloudflare: answered 403: 9109 Unauthorized to access requested resource',
    });
    expect(calls).toHaveLength(1);
  });

  it('does not accept a 200 without success', async () => {
    const { url, effects } = await cdn({ body: { success: false, errors: [{ code: 1, message: 'no' }] } });
    await expect(make(url, effects).purge({ layer: 'roads', tags: ['t'] })).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
    });
  });

  it.each<[string, object]>([
    ['errors as a string', { success: true, errors: 'zone not found' }],
    ['errors as an object', { success: true, errors: { code: 7003 } }],
    ['success as a string', { success: 'true', errors: [] }],
  ])('does not take %s for done', async (_name, body) => {
    const { url, effects } = await cdn({ body });
    await expect(make(url, effects).purge({ layer: 'roads', tags: ['t'] })).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
    });
  });

  it('survives a connection that breaks', async () => {
    const { effects } = await cdn();
    let calls = 0;
    const breaks = (async () => {
      if (calls++ === 0) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      return Response.json(CLOUDFLARE_OK.body);
    }) as typeof fetch;
    expect(await make('http://cdn.test', { ...effects, fetch: breaks }).purge({ layer: 'roads', tags: ['t'] })).toEqual(
      { requests: 2, retries: 1 },
    );
  });
});

describe('several requests', () => {
  it('are all sent, also after a failed one, which is reported', async () => {
    const { url, calls, effects } = await cdn(
      { status: 403, body: { success: false, errors: [{ code: 7, message: 'no such tag' }] } },
      CLOUDFLARE_OK,
    );
    const purge = createCloudflarePurger({ zone: 'zone1', token: 'cf-secret', api: url, ...effects }).purge({
      layer: 'roads',
      tags: names(61, 't'),
    });
    await expect(purge).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: 'cloudflare: 1 of 3 requests failed; answered 403: 7 no such tag',
    });
    expect(calls.map(({ body }) => body.tags.length)).toEqual([30, 30, 1]);
  });

  it('are not sent while the CDN asks to wait beyond the deadline', async () => {
    const { url, calls, effects } = await cdn({ status: 429, headers: { 'retry-after': '300' } });
    await expect(
      createFastlyPurger({ service: 's', token: 'fastly-secret', api: url, ...effects }).purge({
        layer: 'roads',
        tags: names(600, 'k'),
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining('3 of 3 requests failed') });
    expect(calls).toHaveLength(1);
  });
});

describe('secrets', () => {
  const token = 'cf-SECRET\nsecond';

  it.each<[string, () => unknown]>([
    ['token', () => createCloudflarePurger({ zone: 'z', token })],
    ['token', () => createFastlyPurger({ service: 's', token })],
    ['token', () => createVarnishPurger({ instances: [], token })],
    ['token', () => createNginxLocationPurger({ instances: [], token: 'two words SECRET' })],
    ['instances', () => createVarnishPurger({ instances: [] })],
    ['instances', () => createNginxLocationPurger({ instances: [] })],
    ['instances', () => createNginxLocationPurger({ instances: 'http://n' as never })],
    ['instances', () => createVarnishPurger({ instances: ['http://ops:SECRET@10.0.0.5'] })],
    ['instances', () => createNginxLocationPurger({ instances: ['http://n:80', 'SECRET'] })],
    ['instances', () => createNginxLocationPurger({ instances: ['http://n/?token=SECRET'] })],
    ['api', () => createFastlyPurger({ service: 's', token: 't', api: 'https://ops:SECRET@fastly.test' })],
    ['host', () => createNginxLocationPurger({ instances: ['http://n'], host: 'a\r\nx: SECRET' })],
  ])('in %s are refused at once if they are unusable, and not quoted', (field, make) => {
    let error: unknown;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'INVALID_OPTION', field });
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('SECRET');
  });

  it('are not quoted in a platform’s error', async () => {
    const { effects } = await cdn();
    const quotes = (async () => {
      throw new TypeError('Headers.append: "Bearer SECRET" is an invalid header value.', {
        cause: { code: 'ECONNREFUSED', message: 'SECRET' },
      });
    }) as typeof fetch;
    const purge = createVarnishPurger({ instances: ['http://a.test'], attempts: 1, ...effects, fetch: quotes }).purge({
      layer: 'roads',
      tags: ['t'],
    });
    await expect(purge).rejects.toMatchObject({
      message: 'varnish: 1 of 1 instances not purged: a.test the request failed: ECONNREFUSED',
    });
  });
});

describe.each([
  ['Varnish', [BANNED], (instances: string[], effects: PurgeOptions) => createVarnishPurger({ instances, ...effects })],
  [
    'nginx',
    [...RENEWED, ...RENEWED],
    (instances: string[], effects: PurgeOptions) => createNginxLocationPurger({ instances, ...effects }),
  ],
] as const)('several instances of %s', (_name, answers, make) => {
  it('are purged although others are dead, which are named', async () => {
    const first = await cdn({ status: 403 });
    const healthy = await cdn(...answers);
    const dead = 'http://127.0.0.1:1';
    const purge = make([first.url, dead, healthy.url], first.effects).purge({
      layer: 'roads',
      tags: ['a', 'b'],
      urls: ['https://t.test/a', 'https://t.test/b'],
    });
    const error = (await purge.catch((e: Error) => e)) as Error;
    expect(error).toMatchObject({
      code: 'NETWORK_FAILED',
      message: expect.stringContaining('2 of 3 instances not purged'),
    });
    expect(error.message).toContain(`${new URL(first.url).host} 2 of 2 requests failed; answered 403`);
    expect(error.message).toContain('127.0.0.1:1 2 of 2 requests failed; the request failed');
    expect(error.message).not.toContain(new URL(healthy.url).host);
    expect(healthy.calls).toHaveLength(Math.max(2, answers.length));
  });
});

/** Returns Fastly's answer: every key with the id of its purge. */
function confirmed(count: number): Record<string, string> {
  return Object.fromEntries(names(count, 'k').map((key) => [key, `108-1391560174-${key}`]));
}

it('quotes a CDN without control characters and without the token', async () => {
  const { url, effects } = await cdn({
    status: 403,
    body: { success: false, errors: [{ code: 1, message: 'bad\u001b[31m token cf-SECRET' }] },
  });
  const error: Error = await createCloudflarePurger({ zone: 'z', token: 'cf-SECRET', api: url, ...effects })
    .purge({ layer: 'roads', tags: ['k'] })
    .then(
      () => new Error('done'),
      (thrown) => thrown,
    );
  expect(error.message).toContain('1 bad [31m token ***');
});

it.each([
  ['as it is', 'tok+en/SECRET=1'],
  ['in a URL', encodeURIComponent('tok+en/SECRET=1')],
  ['in base64', btoa('tok+en/SECRET=1')],
  ['in base64 of more', btoa('user:tok+en/SECRET=1')],
  ['in base64 of a header', btoa('x: Bearer tok+en/SECRET=1, and more')],
  ['in base64 for URLs', btoa('ab:tok+en/SECRET=1').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')],
  ['split by an invisible character', 'tok+en/SEC\u200bRET=1'],
  ['split by a line break', 'tok+en/SEC\r\nRET=1'],
])('no secret is quoted: %s', (_name, form) => {
  const said = quoted(`denied: ${form}.`, ['tok+en/SECRET=1']);
  expect(said).toContain('***');
  expect(said).not.toMatch(/SEC|VDUk|NFQ1/);
  // No decodable part of the secret is left, except for the bits that base64 shares with neighbours.
  for (const part of said.split(/[^\w+/-]+/)) expect(part === '' ? '' : atobOr(part)).not.toMatch(/SECRET|tok\+en/);
});

function atobOr(text: string): string {
  try {
    return atob(text);
  } catch {
    return '';
  }
}

it.each([
  ['Not purged', 'url'],
  ['Nothing to purge', 'url'],
  ['Purge not allowed', 'url'],
  ['Not banned', 'tag'],
])('a Varnish that says "%s" has done nothing', async (phrase, by) => {
  const { url, close } = await listen((_, response) => response.writeHead(200, phrase).end());
  closing.push(close);
  const purge = createVarnishPurger({ instances: [url], byUrl: by === 'url', attempts: 1 }).purge({
    layer: 'roads',
    tags: ['t'],
    ...(by === 'url' && { urls: [`${url}/tiles/roads/1/0/0.pbf`] }),
  });
  await expect(purge).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
});

it('does not accept a partial answer, or a pending one, as a renewal', async () => {
  for (const status of [202, 205, 206]) {
    const look = { headers: { 'cache-status': 'nginx; hit' } };
    const { url, effects } = await cdn({ status, headers: { 'cache-status': 'nginx; fwd=bypass' } }, look);
    await expect(
      createNginxLocationPurger({ instances: [url], attempts: 1, ...effects }).purge({
        layer: 'roads',
        tags: [],
        urls: [`${url}/tiles/roads/1/0/0.pbf`],
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining(`answered ${status}`) });
  }
});

it('follows no redirect with a token', async () => {
  const elsewhere = await cdn(BANNED);
  const { url, effects } = await cdn({ status: 307, headers: { location: elsewhere.url } });
  const purge = createVarnishPurger({ instances: [url], token: 'secret', attempts: 1, ...effects }).purge({
    layer: 'roads',
    tags: ['t'],
  });
  await expect(purge).rejects.toMatchObject({
    code: 'NETWORK_FAILED',
    message: expect.stringContaining('answered 307 with a redirect'),
  });
  expect(elsewhere.calls).toEqual([]);
});

describe('Fastly', () => {
  const make = (url: string, effects: PurgeOptions, rest = {}) =>
    createFastlyPurger({ service: 'SU1Z0isxPaozGVKXdv0eY', token: 'fastly-secret', api: url, ...effects, ...rest });

  it('purges by surrogate key, 256 at a time', async () => {
    const { url, calls, effects } = await cdn({ body: confirmed(300) });
    await make(url, effects).purge({ layer: 'roads', tags: names(300, 'k') });
    expect(
      calls.map(({ method, path, headers, body }) => [
        method,
        path,
        headers['fastly-key'],
        headers['fastly-soft-purge'],
        body.surrogate_keys.length,
      ]),
    ).toEqual([
      ['POST', '/service/SU1Z0isxPaozGVKXdv0eY/purge', 'fastly-secret', undefined, 256],
      ['POST', '/service/SU1Z0isxPaozGVKXdv0eY/purge', 'fastly-secret', undefined, 44],
    ]);
  });

  it.each<[string, Answer]>([
    ['HTML', { body: '<html>maintenance</html>' }],
    ['an error with 200', { body: { status: 'error' } }],
    ['half of the keys', { body: { k0: '108-1' } }],
    ['a list', { body: ['k0', 'k1'] }],
    ['error messages in place of ids', { body: { k0: 'error: no such service 7', k1: 'failed' } }],
    ['ids next to an error', { body: { status: 'error', k0: '108-1', k1: '108-2' } }],
  ])('does not take %s for done', async (_name, answer) => {
    const { url, effects } = await cdn(answer);
    await expect(make(url, effects).purge({ layer: 'roads', tags: names(2, 'k') })).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
    });
  });

  it('resends only the unconfirmed keys', async () => {
    const { url, calls, effects } = await cdn({ body: { k0: '108-1' } }, { body: { k1: '108-2' } }, { body: {} });
    await expect(make(url, effects, { attempts: 3 }).purge({ layer: 'r', tags: names(3, 'k') })).rejects.toMatchObject({
      message: 'fastly: did not confirm 1 of 1 keys: k2',
    });
    expect(calls.map(({ body }) => body.surrogate_keys)).toEqual([['k0', 'k1', 'k2'], ['k1', 'k2'], ['k2']]);
  });

  it('purges softly on request', async () => {
    const { url, calls, effects } = await cdn({ body: { k: '108-1' } });
    await make(url, effects, { soft: true }).purge({ layer: 'roads', tags: ['k'] });
    expect(calls[0]!.headers['fastly-soft-purge']).toBe('1');
  });

  it('waits until the date in Retry-After', async () => {
    const setup = await cdn();
    const date = new Date(setup.clock.at + 12_000).toUTCString();
    const { url, clock, effects } = await cdn(
      { status: 429, headers: { 'retry-after': date }, body: { msg: 'You have exceeded your hourly rate limit' } },
      { body: { k: '108-1' } },
    );
    await make(url, effects).purge({ layer: 'roads', tags: ['k'] });
    expect(clock.slept).toEqual([12]);
  });
});

describe('Varnish', () => {
  it('bans each tag at each instance', async () => {
    const a = await cdn(BANNED);
    const b = await cdn(BANNED);
    await createVarnishPurger({ instances: [a.url, b.url], token: 'ban-secret', ...a.effects }).purge({
      layer: 'roads',
      tags: ['layer:roads', 'x'],
    });
    for (const { calls } of [a, b]) {
      expect(calls.map(({ method, headers }) => [method, headers['x-cache-tag'], headers['x-purge-token']])).toEqual([
        ['PURGE', 'layer:roads', 'ban-secret'],
        ['PURGE', 'x', 'ban-secret'],
      ]);
    }
  });

  it('purges URLs with the host in their cache key', async () => {
    const { url, calls, effects } = await cdn(PURGED);
    await createVarnishPurger({ instances: [url], byUrl: true, ...effects }).purge({
      layer: 'roads',
      tags: ['t'],
      urls: ['https://tiles.test/roads/0/0/0.pbf?v=1'],
    });
    expect(calls.map(({ method, path, headers }) => [method, path, headers['x-purge-host']])).toEqual([
      ['PURGE', '/roads/0/0/0.pbf?v=1', 'tiles.test'],
    ]);
  });
});

describe('nginx', () => {
  it('renews each URL at each instance, and accepts a missing tile', async () => {
    const { url, calls, effects } = await cdn(...RENEWED, ...RENEWED.map((answer) => ({ ...answer, status: 404 })));
    await createNginxLocationPurger({ instances: [url], token: 'n-secret', ...effects }).purge({
      layer: 'roads',
      tags: [],
      urls: ['https://t.test/a', 'https://t.test/b'],
    });
    expect(
      calls.map(({ method, path, headers }) => [method, path, headers['x-purge-token'], headers['x-purge-host']]),
    ).toEqual([
      ['GET', '/a', 'n-secret', 't.test'],
      ['GET', '/a', 'n-secret', 't.test'],
      ['GET', '/b', 'n-secret', 't.test'],
      ['GET', '/b', 'n-secret', 't.test'],
    ]);
    expect(calls.map(({ headers }) => headers['x-purge-look'])).toEqual([undefined, '1', undefined, '1']);
  });

  it('sends a configured host', async () => {
    const { url, calls, effects } = await cdn(...RENEWED);
    await createNginxLocationPurger({ instances: [`${url}/`], host: 'Tiles.example:8080', ...effects }).purge({
      layer: 'roads',
      tags: [],
      urls: ['/a?v=1'],
    });
    expect(calls.map(({ path, headers }) => [path, headers['x-purge-host']])).toEqual([
      ['/a?v=1', 'tiles.example:8080'],
      ['/a?v=1', 'tiles.example:8080'],
    ]);
  });

  it('fails if there are no URLs to purge', async () => {
    await expect(
      createNginxLocationPurger({ instances: ['http://n'] }).purge({ layer: 'roads', tags: ['t'] }),
    ).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
  });

  it('deletes the files of a layer, or of URLs, by their cache key', async () => {
    const path = await mkdtemp(join(tmpdir(), 'nginx-cache-'));
    closing.push(() => rm(path, { recursive: true }));
    await mkdir(join(path, 'a/b'), { recursive: true });
    const keys = {
      one: 'httpo.test/tiles/roads/1/0/0.pbf?v=1',
      two: 'httpo.test/tiles/roads/1/0/1.pbf',
      three: 'httpo.test/tiles/rivers/1/0/0.pbf',
      four: 'httpo.test/tiles/rivers/1/0/0.pbf?from=/roads/',
    };
    for (const [name, key] of Object.entries(keys))
      await writeFile(
        join(path, 'a/b', name),
        Buffer.concat([Buffer.alloc(64, 7), Buffer.from(`\nKEY: ${key}\nHTTP/1.1 200 OK\r\n\r\n`)]),
      );
    const left = () => readdir(join(path, 'a/b'));
    const purger = createNginxFilesPurger({ cachePath: path });
    await purger.purge({ layer: 'roads', tags: [], urls: ['https://cdn.test/tiles/roads/1/0/0.pbf'] });
    expect(await left()).toEqual(['four', 'three', 'two']);
    expect(await purger.purge({ layer: 'roads', tags: [] })).toEqual({ requests: 1, retries: 0 });
    expect(await left()).toEqual(['four', 'three']);
    await expect(
      createNginxFilesPurger({ cachePath: join(path, 'none') }).purge({ layer: 'a', tags: [] }),
    ).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
  });
});

it.each(['ENOTFOUND', 'EAI_AGAIN'])('reports that the name was not found (%s), and retries', async (code) => {
  const clock = fakeClock();
  const purger = createFastlyPurger({
    ...{ service: 's', token: 'SECRET', now: clock.now, sleep: clock.sleep, random: () => 0.5 },
    // The error of undici.
    fetch: async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(`getaddrinfo ${code} SECRET`), { code }) });
    },
  });
  await expect(purger.purge({ layer: 'roads', tags: ['layer:roads'] })).rejects.toMatchObject({
    code: 'NETWORK_FAILED',
    message: `fastly: its name was not found: ${code}`,
  });
});
