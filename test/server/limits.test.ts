import { request as httpRequest } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { LONGEST_STEP } from '../../server/publish/debts';
import { toNodeListener } from '../../server/http/node';
import { createRedisVersionStore } from '../../server/versions/redis-version-store';
import { createTileOrigin } from '../../server/tile-origin';
import { listen, request, testOrigin, TOKEN } from './helpers';

/** Returns the status of a request with a path or method that `fetch` would not send. */
function raw(url: string, method: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, method, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}

describe('over a real connection', () => {
  const tile = () => Promise.resolve(new Response('tile', { headers: { 'content-type': 'image/png' } }));
  const site = async () => {
    const { origin } = testOrigin({ layers: { default: { version: 'v1' }, roads: { version: 'r1' } } });
    const tiles = origin.tileHeaders(tile);
    return listen(toNodeListener(async (req, context) => (await origin.route(req, context)) ?? tiles(req, context)));
  };

  it('tiles without a layer in their path belong to the layer default, as in the worker', async () => {
    const { url, close } = await site();
    for (const [path, tag, version] of [
      ['/tiles/12/2200/1343.png', 'layer:default', 'v1'],
      ['/tiles/roads/12/2200/1343.png', 'layer:roads', 'r1'],
    ]) {
      const { headers } = await fetch(url + path);
      expect([path, headers.get('cache-tag')?.split(/[ ,]/)[0], headers.get('x-tile-version')]).toEqual([
        path,
        tag,
        version,
      ]);
    }
    await close();
  });

  it('a path that leaves its folder is refused', async () => {
    const { url, close } = await site();
    for (const path of [
      '/tiles/%2e%2e/metrics',
      '/tiles/%2E%2e/metrics',
      '/tiles/.%2e/metrics',
      '/tiles/../metrics',
      '/tiles/roads/%2e%2e%2f%2e%2e/metrics',
      '/tiles/..%5cmetrics',
    ])
      expect([path, await raw(url, 'GET', path)]).toEqual([path, 400]);
    expect(await raw(url, 'GET', '/tiles/roads/1/0/0..png')).toBe(200);
    await close();
  });

  it('TRACE and its like are refused everywhere', async () => {
    const { url, close } = await site();
    for (const path of ['/tiles/roads/1/0/0.png', '/api/tile-version', '/nowhere'])
      expect([path, await raw(url, 'TRACE', path)]).toEqual([path, 405]);
    await close();
  });
});

describe('streams from one address', () => {
  const from = (address: string) => ({ address });
  const ask = (origin: ReturnType<typeof createTileOrigin>, address: string) =>
    origin.fetch(request('/api/tile-version/stream'), from(address));

  it('are limited with a reason, and free their slot when they end', async () => {
    const { origin } = testOrigin({ stream: { maxPerAddress: 2 } });
    const held = [await ask(origin, '192.0.2.1'), await ask(origin, '192.0.2.1')];
    expect(held.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await ask(origin, '192.0.2.1');
    expect([refused.status, Number(refused.headers.get('retry-after')) >= 30]).toEqual([429, true]);
    expect((await refused.json()).error.remedy).toContain('stream.addressOf');
    expect((await ask(origin, '192.0.2.2')).status).toBe(200);
    await held[0]!.body!.cancel();
    expect((await ask(origin, '192.0.2.1')).status).toBe(200);
    expect(origin.streamStats().limited).toBe(1);
    await origin.close();
  });

  it('a /64 of IPv6 is one address; a private one is a proxy, unless addressOf names the client', async () => {
    const { origin } = testOrigin({ stream: { maxPerAddress: 1 } });
    expect((await ask(origin, '2001:db8::1')).status).toBe(200);
    expect((await ask(origin, '2001:db8::2')).status).toBe(429);
    for (let i = 0; i < 3; i++) expect((await ask(origin, '10.0.0.1')).status).toBe(200);
    await origin.close();
    const behind = testOrigin({ stream: { maxPerAddress: 1, addressOf: () => '10.0.0.1' } }).origin;
    expect((await ask(behind, '192.0.2.1')).status).toBe(200);
    expect((await ask(behind, '192.0.2.9')).status).toBe(429);
    await behind.close();
  });
});

describe('a step that never ends', () => {
  it.each(['purge', 'clear'] as const)('%s fails after its deadline, and the publication goes on', async (step) => {
    vi.useFakeTimers();
    try {
      let begin: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const never = () => {
        begin();
        return new Promise<never>(() => undefined);
      };
      const origin = createTileOrigin({
        publish: {
          token: TOKEN,
          ...(step === 'purge' ? { purgers: [{ name: 'hung', purge: never }] } : { onClear: never }),
        },
      });
      const done = origin.publishNow({ layer: 'roads', version: 'v1' });
      await begun;
      await vi.advanceTimersByTimeAsync((LONGEST_STEP - 1) * 1000);
      expect(await origin.version('roads')).toBeUndefined();
      await vi.advanceTimersByTimeAsync(2000);
      const report = await done;
      expect(report).toMatchObject({ ok: false, applied: true, version: 'v1' });
      expect(report.steps.find((each) => each.step === step)).toMatchObject({ ok: false });
      expect((await origin.status()).layers.roads!.outstanding).toHaveLength(1);
      await origin.close();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the Redis store', () => {
  it('handles the errors of both connections itself: an unhandled one ends the process', () => {
    const heard: string[] = [];
    const connection = (name: string) => ({
      get: async () => null,
      eval: async () => 1,
      subscribe: async () => undefined,
      unsubscribe: async () => undefined,
      on: (event: string) => void heard.push(`${name} ${event}`),
      off: () => undefined,
    });
    createRedisVersionStore({ client: connection('client'), subscriber: connection('subscriber') });
    expect(heard).toEqual(expect.arrayContaining(['client error', 'subscriber error']));
  });
});
