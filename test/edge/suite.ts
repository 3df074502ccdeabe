import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Purger } from '../../server/purge/purger';
import { freePort } from '../server-real/programs';
import { askAs, type Origin, startOrigin } from './chain';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** A running edge in front of an origin. */
export interface RunningEdge {
  purgers: Purger[];
  close(): Promise<void>;
}

/**
 * Tests that every edge must pass: it keeps the promises of its headers, and never shows an old tile after a
 * publication.
 */
export function describeEdge(
  name: string,
  startEdge: (originPort: number, port: number) => Promise<RunningEdge>,
): void {
  describe(`a tile behind ${name}`, () => {
    let origin: Origin;
    let edge: RunningEdge;
    let url: string;

    beforeAll(async () => {
      const [originPort, port] = [await freePort(), await freePort()];
      url = `http://127.0.0.1:${port}`;
      const purgers: Purger[] = [];
      origin = await startOrigin(purgers, url, originPort);
      edge = await startEdge(originPort, port);
      purgers.push(...edge.purgers);
    }, 40_000);

    afterAll(async () => {
      await edge?.close();
      await origin?.close();
    });

    async function ask(path: string, headers: Record<string, string> = {}) {
      const response = await fetch(`${url}${path}`, { headers });
      return {
        status: response.status,
        body: await response.text(),
        version: response.headers.get('x-tile-version'),
        cacheStatus: response.headers.get('cache-status') ?? '',
        headers: response.headers,
      };
    }

    it('is fetched once and then comes from the edge, without the tags', async () => {
      const first = await ask('/tiles/roads/5/1/1.pbf');
      const second = await ask('/tiles/roads/5/1/1.pbf');
      expect([first.cacheStatus, second.cacheStatus]).toEqual([
        expect.stringContaining('fwd=miss'),
        expect.stringContaining('; hit'),
      ]);
      expect([second.body, second.version, origin.count('/tiles/roads/5/1/1.pbf')]).toEqual(['old', 'v1', 1]);
      expect([second.headers.get('surrogate-key'), second.headers.get('cache-tag')]).toEqual([null, null]);
      // Caches behind the edge can compute the tile's age.
      expect(second.headers.get('age') ?? second.headers.get('date')).toBeTruthy();
    });

    it('is served stale at once within stale-while-revalidate, and renewed in the background', async () => {
      const path = '/tiles/swr/1/0/0.pbf';
      await ask(path);
      origin.setData('swr', 'newer');
      // Give the tile a long lifetime: otherwise it expires in a pause of more than a second, and is renewed again.
      origin.setCacheControl('swr', 'public, max-age=600');
      const seen: string[] = [];
      await vi.waitFor(
        async () => {
          const { body, cacheStatus } = await ask(path);
          seen.push(`${body} ${cacheStatus}`);
          expect(body).toBe('newer');
        },
        { timeout: 20_000, interval: 100 },
      );
      // No answer waited for the origin: even the one that found the tile expired came from the store.
      expect(seen.filter((answer) => /fwd=(miss|stale$|stale;? *$)/.test(answer))).toEqual([]);
      expect(origin.count(path)).toBe(2);
    });

    it.each(['', '?v=v1'])(
      'is never the old one again after a publication (query %j)',
      async (query) => {
        const version = `v2${query.length}`;
        const tiles = Array.from({ length: 12 }, (_, x) => `/tiles/roads/6/${x}/7.pbf${query}`);
        origin.setData('roads', 'old');
        for (const path of tiles) await ask(path);
        let publishedAt = Infinity;
        let stop = false;
        const wrong: string[] = [];
        const hammer = async (offset: number) => {
          for (let i = offset; !stop; i++) {
            const startedAt = performance.now();
            const { body, version: label, cacheStatus } = await ask(tiles[i % tiles.length]!);
            if (startedAt > publishedAt && (body !== 'new' || label !== version))
              wrong.push(`${body} ${label} ${cacheStatus}`);
          }
        };
        const hammers = Promise.all([0, 3, 6, 9].map(hammer));
        origin.setData('roads', 'new');
        const report = await origin.publish({ layer: 'roads', version });
        publishedAt = performance.now();
        for (let i = 0; i < 60; i++) await ask(tiles[i % tiles.length]!);
        stop = true;
        await hammers;
        expect(report.steps.filter((step) => !step.ok)).toEqual([]);
        // nginx finds tiles without tags.
        expect(report.steps.map(({ step }) => step).filter((step) => step !== 'tags')).toEqual([
          ...['plan', 'look', 'stage', 'ready', 'purge', 'verify', 'announce'],
        ]);
        expect(wrong).toEqual([]);
      },
      40_000,
    );

    it('is not kept if its rendering began before the publication and ended after it', async () => {
      const path = '/tiles/roads/6/30/30.pbf';
      origin.setData('roads', 'before');
      const held = origin.hold();
      const slow = ask(path, { 'x-slow': '1' });
      await vi.waitFor(() => expect(held.waiting()).toBeGreaterThan(0), { timeout: 10_000 });
      origin.setData('roads', 'after');
      const published = origin.publish({ layer: 'roads', version: `slow-${name}` });
      await published;
      held.release();
      expect(await slow).toMatchObject({ body: 'before', version: null });
      for (let i = 0; i < 3; i++) expect(await ask(path)).toMatchObject({ body: 'after', version: `slow-${name}` });
    }, 40_000);

    it('survives an outage of the origin as long as its headers allow', async () => {
      const paths = {
        sie: '/tiles/sie/1/0/0.pbf',
        strict: '/tiles/strict/1/0/0.pbf',
        brief: '/tiles/brief/1/0/0.pbf',
        roads: '/tiles/roads/4/0/0.pbf',
      };
      for (const path of Object.values(paths)) await ask(path);
      await origin.down();
      try {
        // Once expired, the tile without stale-if-error is no longer shown. The other one is, with the reason.
        await vi.waitFor(async () => expect((await ask(paths.strict)).status).toBeGreaterThanOrEqual(500), {
          timeout: 20_000,
          interval: 100,
        });
        await vi.waitFor(
          async () =>
            expect(await ask(paths.sie)).toMatchObject({
              status: 200,
              cacheStatus: expect.stringContaining('stale-if-error'),
            }),
          { timeout: 20_000, interval: 100 },
        );
        for (let i = 0; i < 5; i++) expect(await ask(paths.sie)).toMatchObject({ status: 200, version: 'v1' });
        await vi.waitFor(async () => expect((await ask(paths.brief)).status).toBeGreaterThanOrEqual(500), {
          timeout: 20_000,
          interval: 100,
        });
        expect(await ask(paths.roads)).toMatchObject({ status: 200 });
        expect((await ask('/tiles/roads/4/9/9.pbf')).status).toBeGreaterThanOrEqual(500);
      } finally {
        await origin.up();
      }
      await vi.waitFor(async () => expect(await ask(paths.strict)).toMatchObject({ status: 200 }), {
        timeout: 20_000,
        interval: 100,
      });
    }, 60_000);

    it('is not purged without the token', async () => {
      const path = '/tiles/roads/4/3/3.pbf';
      await ask(path);
      await ask(path);
      const count = origin.count(path);
      for (const token of ['', 'wrong']) {
        await fetch(`${url}${path}`, {
          method: 'PURGE',
          headers: { 'x-purge-token': token, 'x-cache-tag': 'layer:roads' },
        }).catch(() => undefined);
        await ask(path, { 'x-purge-token': token });
      }
      expect((await ask(path)).cacheStatus).toContain('; hit');
      expect(origin.count(path)).toBe(count);
    });

    it.each([
      '/metrics',
      '/metrics?x=1',
      '/tiles/../metrics',
      '/tiles/roads/../../metrics',
      '/x\\..\\metrics',
      '/tiles/\\..\\..\\metrics',
      '/%2e/metrics',
    ])('hides the metrics of the origin: %s', async (path) => {
      const { status, body } = await askAs('127.0.0.1', Number(new URL(url).port), path);
      expect([status, body]).toEqual([
        expect.toSatisfy((n: number) => n >= 400 && n < 500),
        expect.not.stringContaining('tile_layer'),
      ]);
    });

    it('forwards other paths', async () => {
      const { status } = await askAs('127.0.0.1', Number(new URL(url).port), '/api/tile-version?from=/metrics');
      expect(status).toBe(200);
    });
  });
}
