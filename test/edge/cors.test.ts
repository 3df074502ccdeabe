import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toNodeListener } from '../../server/http/node';
import { createTileOrigin } from '../../server/tile-origin';
import { listen, TOKEN } from '../server/helpers';
import { freePort } from '../server-real/programs';
import { startNginx, startVarnish } from './chain';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PAGES = ['https://maps.example', 'https://other.example'];

describe.each(['nginx', 'Varnish'])('behind %s, a page of another origin', (name) => {
  let url: string;
  const closing: Array<() => Promise<void>> = [];

  beforeAll(async () => {
    const origin = createTileOrigin({
      layers: { roads: { maxAge: 600, version: 'v1' } },
      publish: { token: TOKEN },
      cors: { origins: PAGES },
    });
    const tile = origin.tileHeaders(async () => new Response('tile', { headers: { 'content-type': 'image/png' } }));
    const site = await listen(
      toNodeListener(async (request, context) => (await origin.route(request, context)) ?? tile(request, context)),
    );
    closing.push(site.close, () => origin.close());
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const originPort = Number(new URL(site.url).port);
    const { program, remove } = await (name === 'nginx' ? startNginx : startVarnish)(originPort, port);
    closing.push(() => program.stop(), remove);
  });

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  it.each(['/tiles/roads/1/0/0.png', '/api/tile-version', '/api/tile-version/stream', '/api/publish'])(
    'gets its preflight answered: %s',
    async (path) => {
      const response = await fetch(url + path, {
        method: 'OPTIONS',
        headers: {
          origin: PAGES[0]!,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization',
        },
      });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, PAGES[0]]);
      expect(response.headers.get('access-control-allow-headers')).toContain('Authorization');
    },
  );

  it('reads stored tiles, each page with its own origin', async () => {
    const path = '/tiles/roads/2/0/0.png';
    const ask = async (page: string | undefined) => {
      const { headers, status } = await fetch(url + path, { headers: page ? { origin: page } : {} });
      expect(status).toBe(200);
      expect(headers.get('vary')).toMatch(/origin/i);
      return {
        allowed: headers.get('access-control-allow-origin'),
        exposed: headers.get('access-control-expose-headers'),
        timing: headers.get('timing-allow-origin'),
        hit: headers.get('cache-status')!.includes('; hit'),
      };
    };
    // The first request has no Origin: its copy must serve no other page.
    for (const page of [undefined, ...PAGES]) await ask(page);
    for (const page of PAGES)
      expect(await ask(page)).toEqual({
        allowed: page,
        exposed: expect.stringContaining('Cache-Status'),
        timing: page,
        hit: true,
      });
    expect(await ask('https://evil.example')).toMatchObject({ allowed: null, timing: null });
  });

  it('reads the stream', async () => {
    const stream = await fetch(`${url}/api/tile-version/stream`, { headers: { origin: PAGES[0]! } });
    expect(stream.headers.get('access-control-allow-origin')).toBe(PAGES[0]);
    await stream.body?.cancel();
  });
});
