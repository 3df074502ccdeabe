import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { judge } from '../../server/audit/audit';
import { probe } from '../../server/audit/probe';
import { runCli } from '../../server/cli/run';
import { answer, cache, cors, digest, findings, type Headers, MVT, PAGE, PNG, type Server, text } from './audit-server';
import { listen } from './helpers';

let tags = 0;

describe('an audit names the fault', () => {
  it.each<[string, string, Server]>([
    ['no-store', 'no-store on tiles', cache('no-store')],
    ['private', 'private tiles', cache('private, max-age=60')],
    ['no-lifetime', 'neither Cache-Control nor Expires', { without: ['cache-control'] }],
    ['lifetime-absurd', 'milliseconds for seconds', cache('max-age=86400000000')],
    ['long-without-version', 'a year without a version', cache('public, max-age=31536000')],
    ['long-without-version', 'immutable without a version', cache('public, max-age=60, immutable')],
    [
      'stale-at-edge',
      'an edge that serves expired tiles',
      { headers: ({ url }) => ({ age: url!.includes('audit-') ? '0' : '9000' }) },
    ],
    ['clock-skew', 'a clock an hour late', { headers: () => ({ date: new Date(Date.now() - 3.6e6).toUTCString() }) }],
    ['clock-skew', 'a clock of the future', { headers: () => ({ date: new Date(Date.now() + 3.6e6).toUTCString() }) }],
    ['no-validator', 'no validator', { without: ['etag'] }],
    ['etag-changes', 'an ETag that changes', { etag: () => `"${(tags += 1)}"` }],
    ['conditions-ignored', 'ignored conditions', { knows: false }],
    [
      'etag-of-coding',
      'an ETag that names the content coding',
      { etag: (body) => digest(body).replace(/"$/, '-gzip"'), knows: false },
    ],
    ['vary-star', 'Vary: *', { headers: { vary: '*' } }],
    ['vary-wide', 'Vary: Cookie', { headers: { vary: 'Accept-Encoding, Cookie' } }],
    ['set-cookie', 'a session on tiles', { headers: { 'set-cookie': ['sid=1'] } }],
    ['html-body', 'a login page with 200', text('<!-- login --><html>', 'text/html')],
    ['error-document', 'an OGC exception with 200', text('<?xml version="1.0"?><ServiceExceptionReport/>', 'text/xml')],
    ['error-document', 'a JSON error with 200', text('{"error":"rate limit"}', 'application/json')],
    ['wrong-type', 'an image under another type', { body: PNG, headers: { 'content-type': 'text/plain' } }],
    ['wrong-type', 'a vector tile as HTML', { headers: { 'content-type': 'text/html' } }],
    ['gzip-hidden', 'gzip without Content-Encoding', { body: gzipSync(MVT), gzip: false }],
    ['uncompressed', 'no compression', { gzip: false, without: ['vary'] }],
    [
      'no-length',
      'a body delimited by the end of the connection',
      {
        body: PNG,
        answer(incoming, outgoing) {
          if (!/\/3\/1\/1/.test(incoming.url!)) return false;
          const head =
            'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: image/png\r\nCache-Control: max-age=60\r\nETag: "a"';
          const known = incoming.headers['if-none-match'] === '"a"';
          outgoing.socket!.write(`${known ? head.replace('200 OK', '304 Not Modified') : head}\r\n\r\n`);
          outgoing.socket!.end(known ? '' : PNG);
          return true;
        },
      },
    ],
    [
      'redirect',
      'a redirect for each tile',
      {
        answer(incoming, outgoing) {
          if (incoming.url!.startsWith('/store')) return false;
          outgoing.writeHead(302, { location: `/store${incoming.url}` }).end();
          return true;
        },
      },
    ],
    ['missing-fails', 'a 500 for what does not exist', { missing: { status: 500 } }],
    ['missing-stays', 'a 404 for a day', { missing: { status: 404, headers: { 'cache-control': 'max-age=86400' } } }],
    ['missing-is-200', 'text for a missing tile', { missing: { status: 200, body: '{"message":"no such tile"}' } }],
    [
      'query-ignored',
      'an edge whose cache key lacks the query',
      { headers: { 'cache-status': 'edge; hit; ttl=50', 'x-cache': 'HIT' } },
    ],
    ['no-tags', 'no tags at the origin', { task: { tags: true } }],
    ['no-cors', 'no CORS', cors({})],
    ['no-cors', 'CORS for another page', cors({ 'access-control-allow-origin': 'https://other.example' })],
    ['cors-hides', 'headers that the page cannot read', cors({ 'access-control-allow-origin': '*' })],
    [
      'cors-vary',
      'CORS per page, without Vary: Origin',
      cors({ 'access-control-allow-origin': PAGE, 'access-control-expose-headers': 'ETag' }),
    ],
    ['no-tile', 'no tile at all', { missing: { status: 404 }, task: { tile: { z: 0, x: 5, y: 0 } } }],
  ])('%s: %s', async (code, _, server) => {
    expect(await findings(server)).toEqual([code]);
  });

  it('terms: a host whose terms limit what may be stored', async () => {
    const fetch = async () =>
      new Response(PNG, {
        headers: { 'content-type': 'image/png', 'cache-control': 'max-age=60', etag: '"a"', 'content-length': '208' },
      });
    const task = { url: 'https://a.tile.openstreetmap.org/{z}/{x}/{y}.png', tile: { z: 1, x: 0, y: 0 }, tags: false };
    const evidence = await probe({ ...task, headers: {}, timeout: 1 }, fetch as typeof globalThis.fetch, Date.now);
    expect(judge(evidence).map(({ code }) => code)).toContain('terms');
  });
});

describe('an audit finds nothing wrong with', () => {
  it.each<[string, Server]>([
    ['vector tiles with windows', {}],
    ['images', { body: PNG, path: '/tiles/base/{z}/{x}/{y}.png' }],
    ['a single URL', { path: '/tiles/roads/3/1/1.pbf?style=night' }],
    [
      'a version in the URL, cached for a year',
      { path: '/tiles/roads/{z}/{x}/{y}.pbf?v=3f2a', ...cache('public, max-age=31536000, immutable') },
    ],
    ['a version in a header', { headers: { 'x-tile-version': 'v1', 'cache-control': 'public, max-age=2592000' } }],
    ['no-cache with a tag', cache('no-cache')],
    [
      'an edge that caches for long',
      { headers: { 'cache-control': 'public, max-age=60, s-maxage=86400', age: '300', 'x-cache': 'MISS' } },
    ],
    ['204 for an empty tile', { missing: { status: 204, headers: { 'cache-control': 'max-age=60' } } }],
    [
      'CORS for one page, with Vary: Origin',
      {
        task: { page: PAGE },
        headers: {
          'access-control-allow-origin': PAGE,
          'access-control-expose-headers': 'ETag, Age, Date',
          vary: 'Accept-Encoding, Origin',
        },
      },
    ],
    ['CORS for all', cors({ 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' })],
    ['tags at the origin', { task: { tags: true }, headers: { 'cache-tag': 'layer:roads' } }],
    [
      'GeoJSON',
      {
        path: '/tiles/a/{z}/{x}/{y}.geojson',
        body: Buffer.from('{"type":"FeatureCollection","features":[]}'),
        headers: { 'content-type': 'application/geo+json' },
      },
    ],
    ['TMS rows', { path: '/tiles/roads/{z}/{x}/{-y}.pbf' }],
  ])('%s', async (_, server) => {
    const served = server.headers as Headers | undefined;
    // An edge that caches for long has the query in its key: a new query gets a fresh answer.
    const fresh = served?.age
      ? (incoming: IncomingMessage) => (incoming.url!.includes('audit-') ? { ...served, age: '0' } : served)
      : served;
    expect(await findings({ ...server, ...(fresh && { headers: fresh }) })).toEqual([]);
  });
});

describe('sw-tile-cache audit', () => {
  async function run(server: Server, ...args: string[]) {
    const { url, close } = await listen((incoming, outgoing) => answer(server, incoming, outgoing));
    const said = { out: '', err: '' };
    const code = await runCli(['audit', `${url}/tiles/roads/{z}/{x}/{y}.pbf?token=very-secret`, ...args], {
      out: (more) => void (said.out += more),
      err: (more) => void (said.err += more),
      env: {},
      readFile: () => Promise.reject(new Error('none')),
      readStdin: async () => '',
      packageVersion: async () => '0',
      fetch,
    });
    await close();
    return { code, ...said };
  }

  it('prints what it saw, the consequence and the remedy, and exits with 1', async () => {
    const { code, out } = await run({ headers: { vary: 'Accept-Encoding, Cookie' } });
    expect(code).toBe(1);
    expect(out).toMatch(/ERROR +vary-wide\n +seen +Vary: .*Cookie\n +happens .+\n +change .+/);
    expect(out).toMatch(/\nedge +fresh for 60 s.*\nbrowser .*\nworker .*\n$/s);
    expect(out).not.toContain('very-secret');
  });

  it('prints no finding for a sound server, and exits with 0', async () => {
    expect(await run({})).toMatchObject({ code: 0, out: expect.stringContaining('nothing to change'), err: '' });
  });

  it('prints JSON on request', async () => {
    const { code, out } = await run(cache('no-store'), '--json', '--tile', '3/1/1');
    expect([code, out.trim().split('\n').length]).toEqual([1, 1]);
    expect(JSON.parse(out)).toMatchObject({ ok: false, findings: [{ code: 'no-store', level: 'error' }] });
    expect(out).not.toContain('very-secret');
  });

  it('prints a server’s words without control characters', async () => {
    const { out } = await run({ headers: { vary: 'Cookie', 'cache-control': 'max-age=1, a="\u009b31m"' } });
    expect(out).not.toMatch(/[\u0080-\u009f]/);
  });

  it.each([
    [['--tile', 'x'], 2],
    [['--header', 'nothing-secret'], 2],
    [['--page', 'maps.example/path'], 2],
    [['--nonsense'], 2],
    [['--tile', '1/0/0', '--tile', '2/1/1'], 2],
    [['--header', 'a: 1', '--header', 'b: 2'], 0],
    [['--help'], 0],
  ])('%j exits with %i', async (args, code) => {
    const said = await run({}, ...args);
    expect(said.code).toBe(code);
    expect(said.err).not.toContain('nothing-secret');
  });

  it('exits with 4 if no server answers', async () => {
    const { url, close } = await listen((_, outgoing) => void outgoing.end());
    await close();
    let err = '';
    const code = await runCli(['audit', `${url}/1/0/0.png?key=very-secret`], {
      out: () => undefined,
      err: (more) => void (err += more),
      env: {},
      readFile: () => Promise.reject(new Error('none')),
      readStdin: async () => '',
      packageVersion: async () => '0',
      fetch,
    });
    expect(code).toBe(4);
    expect(err).not.toContain('very-secret');
  });

  it('sends the fields of --header only to the named host', async () => {
    const keys: unknown[] = [];
    const note = (incoming: IncomingMessage) => void keys.push(incoming.headers['x-api-key']);
    const other = await listen((incoming, outgoing) => {
      note(incoming);
      outgoing.end(PNG);
    });
    const first = await listen((incoming, outgoing) => {
      note(incoming);
      const away = incoming.url!.startsWith('/away');
      outgoing.writeHead(302, { location: away ? `${other.url}/1/0/0.png` : `/away${incoming.url}` }).end();
    });
    await runCli(['audit', `${first.url}/1/0/0.png`, '--header', 'X-Api-Key: very-secret'], {
      ...{ out: () => undefined, err: () => undefined, env: {}, fetch },
      readFile: () => Promise.reject(new Error('none')),
      readStdin: async () => '',
      packageVersion: async () => '0',
    });
    await Promise.all([first.close(), other.close()]);
    // They follow a redirect on the same host, but not to another host.
    expect(keys.slice(0, 3)).toEqual(['very-secret', 'very-secret', undefined]);
  });

  it('reports that no tile arrived if every response breaks off', async () => {
    const { url, close } = await listen((_, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '1000' });
      outgoing.write('half');
      setImmediate(() => outgoing.destroy());
    });
    let err = '';
    const code = await runCli(['audit', `${url}/1/0/0.png`], {
      ...{ out: () => undefined, err: (more) => void (err += more), env: {}, fetch },
      readFile: () => Promise.reject(new Error('none')),
      readStdin: async () => '',
      packageVersion: async () => '0',
    });
    await close();
    expect([code, err]).toEqual([4, expect.stringContaining('the tile did not arrive')]);
  });
});
