import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNginxFilesPurger, createNginxLocationPurger } from '../../server/purge/nginx';
import { createVarnishPurger } from '../../server/purge/varnish';
import { freePort } from '../server-real/programs';
import { askAs, EDGE_TOKEN, startNginx, startVarnish } from './chain';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const HOST = 'tiles.example';
const PATH = '/tiles/roads/1/0/0.pbf';
const KEPT = { 'cache-control': 'max-age=600' };

/** An origin whose answer the test sets; initially `old`. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const old: typeof answer = (_, response) => response.writeHead(200, KEPT).end('old');
const origin = createServer((request, response) => answer(request, response));
let originPort: number;

beforeAll(async () => {
  originPort = await freePort();
  await new Promise<void>((resolve) => origin.listen(originPort, '127.0.0.1', resolve));
});
afterAll(() => {
  origin.close();
  origin.closeAllConnections();
});
beforeEach(() => void (answer = old));

describe('a purge at a real nginx', () => {
  let nginx: Awaited<ReturnType<typeof startNginx>>;
  let port: number;
  let serial = 0;

  beforeAll(async () => {
    port = await freePort();
    nginx = await startNginx(originPort, port);
  });
  afterAll(async () => {
    await nginx?.program.stop();
    await nginx?.remove();
  });

  const ask = async (path: string) => (await askAs(HOST, port, path)).body;
  const renew = (path: string, token = EDGE_TOKEN) =>
    createNginxLocationPurger({
      instances: [`http://127.0.0.1:${port}`],
      token,
      host: HOST,
      attempts: 2,
      random: () => 0,
    })
      .purge({ layer: 'roads', tags: [], urls: [`https://${HOST}${path}`] })
      .then(
        () => 'done',
        (error: Error) => error.message,
      );

  /** Renews a stored tile after the origin's answer has changed. */
  async function renewWith(next: typeof answer, token?: string) {
    const path = `${PATH}?n=${serial++}`;
    answer = old;
    expect(await ask(path)).toBe('old');
    answer = next;
    const said = await renew(path, token);
    return { said, now: await ask(path) };
  }
  const says = (status: number, headers: Record<string, string>): typeof answer => {
    return (_, response) => response.writeHead(status, headers).end('new');
  };

  it('renews a tile, also one that is gone', async () => {
    expect(await renewWith(says(200, KEPT))).toEqual({ said: 'done', now: 'new' });
    expect(await renewWith(says(404, KEPT))).toEqual({ said: 'done', now: 'new' });
  });

  it('succeeds if nothing is stored', async () => {
    answer = says(404, { 'cache-control': 'no-store' });
    expect(await renew(`${PATH}?n=${serial++}`)).toBe('done');
  });

  it.each(['wrong', ''])('fails with the token %j', async (token) => {
    expect(await renewWith(says(200, KEPT), token)).toEqual({
      said: expect.stringContaining('did not renew (miss): the token'),
      now: 'old',
    });
    expect(await renew(`${PATH}?n=${serial++}`, token)).toContain('did not renew (miss)');
  });

  it.each<[string, number, Record<string, string>]>([
    ['an answer with Set-Cookie', 200, { ...KEPT, 'set-cookie': 'a=b' }],
    ['no-store', 200, { 'cache-control': 'no-store' }],
    ['an answer without a lifetime', 200, {}],
    ['a 404 that is not storable', 404, {}],
    ['a 410 that is private', 410, { 'cache-control': 'private' }],
  ])('fails if %s leaves the old tile', async (_name, status, headers) => {
    expect(await renewWith(says(status, headers))).toEqual({
      said: expect.stringContaining('keeps the old tile'),
      now: 'old',
    });
  });

  it('fails if it would renew only one of several variants', async () => {
    const { said } = await renewWith(says(200, { ...KEPT, vary: 'Accept-Encoding' }));
    expect(said).toContain('variants by Accept-Encoding');
  });

  it('reveals nothing stored under another host without the token', async () => {
    const path = `${PATH}?n=${serial++}`;
    await ask(path);
    answer = says(200, KEPT);
    const look = { 'x-purge-look': '1', 'x-purge-host': HOST };
    expect((await askAs('other.example', port, path, look)).body).toBe('new');
  });

  it.each([
    ['topp:states', '/tiles/topp:states/1/0/0.png'],
    ['topp:states', '/tiles/topp%3Astates/1/0/0.png'],
    ['a,b', '/tiles/a,b/1/0/0.png'],
    ['a+b', '/tiles/a+b/1/0/0.png'],
    ['a@b&c;d=e$f', '/tiles/a@b&c;d=e$f/1/0/0.png'],
    ['straße', '/tiles/stra%C3%9fe/1/0/0.png'],
    ['long', `/tiles/long/1/0/0.png?filter=${'x'.repeat(3000)}`],
    ['default', '/tiles/1/0/0.png'],
    ['meta', '/tiles/meta.json'],
  ])('deletes the files of %s', async (layer, path) => {
    expect(await ask(path)).toBe('old');
    answer = says(200, KEPT);
    const purger = createNginxFilesPurger({ cachePath: nginx.cachePath });
    expect((await purger.purge({ layer, tags: [] })).requests).toBe(1);
    expect(await ask(path)).toBe('new');
    await purger.purge({ layer, tags: [] });
    expect(await purger.purge({ layer, tags: [] })).toEqual({
      requests: 0,
      retries: 0,
      detail: expect.stringMatching(/^none of the \d+ cached responses/),
    });
  });
});

describe('a purge at a real Varnish', () => {
  let varnish: Awaited<ReturnType<typeof startVarnish>>;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    varnish = await startVarnish(originPort, port);
  });
  afterAll(async () => {
    await varnish?.program.stop();
    await varnish?.remove();
  });

  const purge = (target: number, token: string, byUrl: boolean) =>
    createVarnishPurger({ instances: [`http://127.0.0.1:${target}`], token, byUrl, host: HOST, attempts: 1 })
      .purge({ layer: 'roads', tags: ['layer:roads'], urls: [`https://${HOST}${PATH}`] })
      .then(
        () => 'done',
        (error: Error) => error.message,
      );

  it.each([true, false])('is proven by its answer (by URL: %s)', async (byUrl) => {
    const tagged = { ...KEPT, 'surrogate-key': 'layer:roads' };
    answer = (_, response) => response.writeHead(200, tagged).end('old');
    await purge(port, EDGE_TOKEN, byUrl);
    expect((await askAs(HOST, port, PATH)).body).toBe('old');
    answer = (_, response) => response.writeHead(200, tagged).end('new');
    expect(await purge(port, 'wrong', byUrl)).toContain('answered 403');
    expect((await askAs(HOST, port, PATH)).body).toBe('old');
    expect(await purge(port, EDGE_TOKEN, byUrl)).toBe('done');
    expect((await askAs(HOST, port, PATH)).body).toBe('new');
  });

  it('fails if another server answers 200', async () => {
    expect(await purge(originPort, EDGE_TOKEN, false)).toContain('answered 200 without proof of the purge');
  });
});
