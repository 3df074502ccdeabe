import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createNginxLocationPurger } from '../../server/purge/nginx';
import type { Purger } from '../../server/purge/purger';
import { createVarnishPurger } from '../../server/purge/varnish';
import { freePort } from '../server-real/programs';
import { askAs, EDGE_TOKEN, type Origin, startNginx, startOrigin, startVarnish } from './chain';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** The host name that browsers request; purgers use each instance's own address. */
const HOST = 'tiles.example';

const edges = {
  Varnish: async (originPort: number, port: number) => ({
    ...(await startVarnish(originPort, port)),
    purger: createVarnishPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN, byUrl: true }),
  }),
  nginx: async (originPort: number, port: number) => ({
    ...(await startNginx(originPort, port)),
    purger: createNginxLocationPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN }),
  }),
};

describe.each(Object.entries(edges))('a bounding box purged by URL at %s', (name, startEdge) => {
  let origin: Origin;
  let edge: Awaited<ReturnType<typeof startEdge>>;
  let port: number;

  beforeAll(async () => {
    const originPort = await freePort();
    port = await freePort();
    const purgers: Purger[] = [];
    // The check at the edge requests the public URL, whose name does not resolve here.
    const viaEdge = (async (url: string | URL) => {
      const { pathname, search } = new URL(url);
      const { status, body, headers } = await askAs(HOST, port, pathname + search);
      return new Response(body, { status, headers: headers as Record<string, string> });
    }) as typeof fetch;
    origin = await startOrigin(purgers, `http://${HOST}`, originPort, {}, { fetch: viaEdge });
    edge = await startEdge(originPort, port);
    purgers.push(edge.purger);
  });

  afterAll(async () => {
    await edge?.program.stop();
    await origin?.close();
    await edge?.remove();
  });

  const ask = async (path: string, headers = {}) => (await askAs(HOST, port, path, headers)).body;

  it('drops the tiles that it touches under the host name that browsers request, and keeps all others', async () => {
    const [inside, outside] = ['/tiles/roads/5/9/12.pbf', '/tiles/roads/5/28/12.pbf'] as const;
    expect(await Promise.all([inside, outside].map((path) => ask(path)))).toEqual(['old', 'old']);
    origin.setData('roads', 'new');
    const report = await origin.publish({ layer: 'roads', version: 'v2', bbox: [-74.3, 40.5, -73.7, 40.9] });
    expect(report.steps.filter((step) => !step.ok)).toEqual([]);
    expect(report.steps.find(({ step }) => step === 'purge')?.detail).toMatch(/^\d+ URLs/);
    expect([await ask(inside), await ask(outside)]).toEqual(['new', 'old']);
  });

  it('drops both encodings of a name, by browsers and by scripts, which the edge stores separately', async () => {
    const names = ['topp:states', 'topp%3Astates'];
    const paths = names.map((each) => `/tiles/${each}/5/9/12.pbf`);
    expect(await Promise.all(paths.map((path) => ask(path)))).toEqual(['old', 'old']);
    for (const each of names) origin.setData(each, 'new');
    const report = await origin.publish({ layer: 'topp:states', version: 'v2', bbox: [-74.3, 40.5, -73.7, 40.9] });
    expect(report.steps.filter((step) => !step.ok)).toEqual([]);
    expect(report.steps.find(({ step }) => step === 'purge')?.detail).toMatch(/^\d+ URLs/);
    expect(await Promise.all(paths.map((path) => ask(path)))).toEqual(['new', 'new']);
  });

  it('finds nothing under a host that browsers do not request', async () => {
    if (name !== 'Varnish') return;
    const path = '/tiles/roads/6/2/2.pbf';
    expect(await ask(path)).toBe(await ask(path));
    const purge = (host: string) =>
      createVarnishPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN, byUrl: true, host }).purge({
        layer: 'roads',
        tags: [],
        urls: [`http://${HOST}${path}`],
      });
    expect(await purge('tiles.exmaple')).toEqual({
      requests: 1,
      retries: 0,
      detail: 'none of the 1 URLs was cached there',
    });
    expect(await purge(HOST)).toEqual({ requests: 1, retries: 0 });
    // Varnish frees a purged tile a moment later, and counts it until then.
    await expect.poll(async () => (await purge(HOST)).detail, { timeout: 20_000 }).toBeDefined();
  });

  it('uses the given host name only with the token', async () => {
    const path = '/tiles/roads/6/1/1.pbf';
    origin.setData('roads', 'theirs');
    expect(await ask(path)).toBe('theirs');
    origin.setData('roads', 'mine');
    for (const token of ['', 'wrong']) {
      await askAs('other.example', port, path, { 'x-purge-host': HOST, 'x-purge-token': token });
      await askAs('other.example', port, path, { 'x-purge-host': HOST, 'x-purge-token': token }, 'PURGE');
    }
    expect(await ask(path)).toBe('theirs');
  });
});
