import { expect, test, type Page } from '@playwright/test';
import { createNginxFilesPurger } from '../server/purge/nginx';
import type { Purger } from '../server/purge/purger';
import { createVarnishPurger } from '../server/purge/varnish';
import { EDGE_TOKEN, startNginx, startOrigin, startVarnish, type Origin } from '../test/edge/chain';
import { freePort } from '../test/server-real/programs';
import { bundle } from './server/bundle';

// The whole chain as operators run it: origin → edge → worker → page, with the configurations of docs/edge.

const WORKER = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: {
    roads: { template: '/tiles/roads/{z}/{x}/{y}.pbf', freshness: 'version', maxAge: 600, staleIfError: 3600 },
    strict: { template: '/tiles/strict/{z}/{x}/{y}.pbf', timeout: 5 },
  } }).register({ skipWaiting: true, claim: true });
`;

const PAGE = `
  import { createTileCacheClient } from 'sw-tile-cache';
  window.changes = [];
  createTileCacheClient({
    serviceWorker: '/sw.js', versions: { url: '/api/tile-version', interval: 600, stream: '/api/tile-version/stream' },
  }).then((client) => {
    client.on('versionchange', (change) => window.changes.push(change));
    window.client = client;
  });
`;

const edges = {
  Varnish: async (originPort: number, port: number) => {
    const { program, remove } = await startVarnish(originPort, port);
    return {
      program,
      remove,
      purger: createVarnishPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN }),
    };
  },
  nginx: async (originPort: number, port: number) => {
    const { program, cachePath, remove } = await startNginx(originPort, port);
    return { program, remove, purger: createNginxFilesPurger({ cachePath }) };
  },
};

/** Fetches these tiles in the page, all at once. */
const ask = (page: Page, paths: string[]) =>
  page.evaluate(
    (list) =>
      Promise.all(
        list.map(async (path) => {
          const response = await fetch(path).catch(() => undefined);
          return response?.ok
            ? {
                body: await response.text(),
                version: response.headers.get('x-tile-version'),
                cache: response.headers.get('cache-status') ?? '',
              }
            : { body: undefined, version: null, cache: response?.headers.get('cache-status') ?? '' };
        }),
      ),
    paths,
  );

for (const [name, startEdge] of Object.entries(edges)) {
  test.describe(`the chain with ${name}`, () => {
    let origin: Origin;
    let url: string;
    let close: () => Promise<void>;
    /** If set, holds each purge back until `released` resolves. */
    let held: { reached(): void; released: Promise<void> } | undefined;

    test.beforeEach(async ({ page }) => {
      const [originPort, port] = [await freePort(), await freePort()];
      url = `http://127.0.0.1:${port}`;
      const purgers: Purger[] = [];
      origin = await startOrigin(purgers, url, originPort, {
        '/': { type: 'text/html', body: '<!doctype html><title>chain</title><script src="/page.js"></script>' },
        '/page.js': { type: 'text/javascript', body: await bundle(PAGE) },
        '/sw.js': { type: 'text/javascript', body: await bundle(WORKER) },
      });
      const edge = await startEdge(originPort, port);
      held = undefined;
      purgers.push({
        ...edge.purger,
        purge: async (task) => {
          held?.reached();
          await held?.released;
          return edge.purger.purge(task);
        },
      });
      close = async () => {
        await edge.program.stop();
        await origin.close();
        await edge.remove();
      };
      await page.goto(`${url}/`);
      // Poll all conditions at once, so that a failure shows which one is not met.
      await expect
        .poll(
          () =>
            page.evaluate(async () => {
              const { client } = window as any;
              return {
                state: client?.state,
                version: client?.version('roads'),
                controlled: Boolean(navigator.serviceWorker.controller),
              };
            }),
          { timeout: 40_000 },
        )
        .toEqual({ state: 'active', version: 'v1', controlled: true });
    });

    test.afterEach(() => close());

    test('a publication reaches the page, which never sees an old tile again', async ({ page }) => {
      const tiles = Array.from({ length: 8 }, (_, x) => `/tiles/roads/5/${x}/9.pbf`);
      await ask(page, tiles);
      await expect(async () => {
        const stored = await ask(page, tiles);
        expect(stored.map(({ body, version }) => `${body} ${version}`)).toEqual(tiles.map(() => 'old v1'));
        // The worker itself must have answered: the last member of Cache-Status is its own hit.
        expect(stored.every(({ cache }) => /hit/.test(cache.split(',').at(-1)!))).toBe(true);
      }).toPass({ timeout: 15_000 });
      const asked = origin.count(tiles[0]!);

      origin.setData('roads', 'new');
      let release!: () => void;
      const released = new Promise<void>((resolve) => (release = resolve));
      const reached = new Promise<void>((resolve) => (held = { reached: resolve, released }));
      const publishing = origin.publish({ layer: 'roads', version: 'v2' });
      await reached;
      // While the purge is held, the edge has the old tiles: the origin announces nothing, and the page keeps its tiles.
      const during = await ask(page, tiles);
      expect(during.map(({ body, version }) => `${body} ${version}`)).toEqual(tiles.map(() => 'old v1'));
      expect(await page.evaluate(() => (window as any).changes)).toEqual([]);
      expect(origin.count(tiles[0]!)).toBe(asked);
      await page.evaluate((path) => {
        (window as any).client.on('versionchange', async () => {
          const response = await fetch(path);
          (window as any).first = `${await response.text()} ${response.headers.get('x-tile-version')}`;
        });
      }, tiles[0]!);
      release();
      const report = await publishing;
      expect(report.steps.filter((step) => !step.ok)).toEqual([]);
      // The first fetch after the announcement already gets the new tile, and the edge requests it only once.
      await page.waitForFunction(() => (window as any).first);
      expect(await page.evaluate(() => (window as any).first)).toBe('new v2');
      expect(origin.count(tiles[0]!) - asked).toBe(1);
      for (let round = 0; round < 20; round++) {
        const seen = await ask(page, tiles);
        expect(seen.map(({ body, version }) => `${body} ${version}`)).toEqual(tiles.map(() => 'new v2'));
      }
      // The origin gets requests from the edge, not from every client.
      expect(origin.count(tiles[0]!) - asked).toBeLessThanOrEqual(2);
    });

    test('a publication with a box changes only the tiles in the box, at the edge and in the page', async ({
      page,
    }) => {
      const inside = '/tiles/roads/5/9/12.pbf';
      const outside = '/tiles/roads/5/28/12.pbf';
      await ask(page, [inside, outside]);
      await expect(async () => {
        for (const { cache } of await ask(page, [inside, outside])) expect(cache.split(',').at(-1)).toContain('hit');
      }).toPass({ timeout: 15_000 });
      origin.setData('roads', 'new');
      await origin.publish({ layer: 'roads', version: 'v2', bbox: [-74.3, 40.5, -73.7, 40.9] });
      await page.waitForFunction(() => (window as any).changes.length > 0);
      const [changed, same] = await ask(page, [inside, outside]);
      expect(changed).toMatchObject({ body: 'new', version: 'v2' });
      // The tile outside the box did not change, and nothing requests it again.
      expect(same!.body).toBe('old');
      expect(same!.cache.split(',').at(-1)).toContain('hit');
    });

    test('during an outage, a tile stays available only if its headers allow stale-if-error', async ({ page }) => {
      const kept = '/tiles/roads/5/1/1.pbf';
      const strict = '/tiles/strict/5/1/1.pbf';
      await ask(page, [kept, strict]);
      await origin.down();
      await expect(async () => {
        const [good, gone] = await ask(page, [kept, strict]);
        expect(good).toMatchObject({ body: 'old', version: 'v1' });
        // Neither the edge nor the worker answers with it once it is stale.
        expect(gone!.body).toBeUndefined();
      }).toPass({ timeout: 30_000 });
      await origin.up();
      await expect(async () => expect((await ask(page, [strict]))[0]!.body).toBe('old')).toPass({ timeout: 30_000 });
    });
  });
}
