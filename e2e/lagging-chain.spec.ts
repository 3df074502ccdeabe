// A publication reaches every screen although the edge lags, fails and is repaired, with and without version headers.
import { createServer } from 'node:http';
import { expect, test, type Page } from '@playwright/test';
import { toNodeListener } from '../server/http/node';
import { createTileOrigin } from '../server/tile-origin';
import { freePort } from '../test/server-real/programs';
import { fastClock } from './fixtures/fast-clock';
import { startLaggingEdge } from './fixtures/lagging-edge';
import { bundle } from './server/bundle';
import { png } from './server/tiles';

/** How many times as fast all clocks run: a minute takes ten seconds. `CHAIN_SPEED=1` plays it in real time. */
const SPEED = Number(process.env['CHAIN_SPEED'] ?? 6);
/**
 * Seconds of the test's clock within which all screens must be current once the edge is. In a fast clock, a delay of the
 * machine counts as many times more.
 */
const CURRENT_WITHIN = SPEED === 1 ? 5 : 60;
const real = (seconds: number) => (seconds * 1000) / SPEED;

test.describe.configure({ timeout: 60_000 + real(360) });

/** Seconds that the edge lags after a purge. `Infinity`: the purge fails, and a second publication repairs it later. */
const LAGS = { short: 3, minute: 60, failing: Infinity };
const LAYERS = Object.entries(LAGS).flatMap(([name, lag]) => [
  { name, lag, bare: false },
  { name: `${name}-bare`, lag, bare: true },
]);
const NAMES = LAYERS.map(({ name }) => name);

// `settleTime` says how long the edge may lag, for tiles without a version header.
const OPTIONS = { staleIfError: 86_400, timeout: 300, patience: 60, settleTime: 90 };
const WORKER = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: ${JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, OPTIONS])))} })
    .register({ skipWaiting: true, claim: true });
`;
const PAGE = `
  import * as L from 'leaflet';
  import { createTileCacheClient } from 'sw-tile-cache';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  window.known = {};
  createTileCacheClient({
    serviceWorker: '/sw.js', versions: { url: '/api/tile-version', interval: 600, stream: '/api/tile-version/stream' },
  }).then((client) => {
    client.on('versionchange', ({ layer, version }) => (window.known[layer] = version));
    window.client = client;
  });
  window.showMap = () => {
    const map = L.map('map', { zoomAnimation: false, fadeAnimation: false }).setView([0, 0], 1);
    for (const name of ${JSON.stringify(NAMES)})
      bindTileLayer(L.tileLayer('/tiles/' + name + '/{z}/{x}/{y}.png', { className: name, noWrap: true }).addTo(map), client);
  };
`;
const HTML =
  '<!doctype html><style>#map { width: 512px; height: 512px } .leaflet-tile { position: absolute }</style><div id="map"></div><script src="/page.js"></script>';

/** Returns the sizes of the images that the map shows of each layer, which tell old tiles from new ones. */
const shown = (page: Page) =>
  page.evaluate(
    (names) =>
      Object.fromEntries(
        names.map((name) => [
          name,
          [...document.querySelectorAll<HTMLImageElement>(`.${name} img.leaflet-tile-loaded`)].map(
            (tile) => tile.naturalWidth,
          ),
        ]),
      ) as Record<string, number[]>,
    NAMES,
  );
const OLD = [8, 8, 8, 8];
const NEW = [16, 16, 16, 16];

/** Fetches a tile of each layer every three seconds, and notes old ones that are fresh although the page knows the new version. */
const watchForFalselyFresh = (page: Page) =>
  page.evaluate((names) => {
    const falselyFresh: string[] = ((window as any).falselyFresh = []);
    const look = async (name: string) => {
      const known = (window as any).known[name];
      const response = await fetch(`/tiles/${name}/1/0/0.png`);
      const how =
        response.headers
          .get('cache-status')
          ?.split(/,(?=[^,]*$)/)
          .at(-1) ?? '';
      await response.arrayBuffer();
      if (known && response.headers.get('etag') === '"old"' && /ttl=[1-9]/.test(how))
        falselyFresh.push(`${name}: ${how}`);
      (window as any).looks = ((window as any).looks ?? 0) + 1;
    };
    const round = () =>
      Promise.all(names.map((name) => look(name).catch(() => {}))).then(() => setTimeout(round, 3000));
    void round();
  }, NAMES);

test('no old tile is answered as fresh while the edge lags or fails, and all screens are current soon after the edge is', async ({
  page,
  browser,
}) => {
  const since = Date.now();
  const now = () => Math.round(since + (Date.now() - since) * SPEED);
  const originPort = await freePort();
  const behaviours = Object.fromEntries(
    LAYERS.map(({ name, lag, bare }) => [name, { lag: lag === Infinity ? lag : real(lag), bare }]),
  );
  const edge = await startLaggingEdge(originPort, behaviours, now);
  const origin = createTileOrigin({
    layers: Object.fromEntries(NAMES.map((name) => [name, { version: 'v1', maxAge: 86_400, sharedMaxAge: 86_400 }])),
    // The worst case: the origin announces the version without verifying the edge.
    publish: { token: 'a-token-for-tests-only', purgers: [edge.purger], verify: false },
    now,
  });
  const data = new Map<string, string>();
  const tiles = origin.tileHeaders(async (request) => {
    const content = data.get(new URL(request.url).pathname.split('/')[2]!) ?? 'old';
    return new Response(new Uint8Array(png(content, { size: content === 'old' ? 8 : 16 })), {
      headers: { 'content-type': 'image/png', etag: `"${content}"` },
    });
  });
  const clock = fastClock(since, SPEED);
  const site: Record<string, [type: string, body: string]> = {
    '/': ['text/html', HTML],
    '/page.js': ['text/javascript', clock + (await bundle(PAGE))],
    '/sw.js': ['text/javascript', clock + (await bundle(WORKER))],
  };
  const server = createServer(
    toNodeListener(async (request, context) => {
      const { pathname } = new URL(request.url);
      const [type, body] = site[pathname] ?? [];
      if (body) return new Response(body, { headers: { 'content-type': type!, 'cache-control': 'no-cache' } });
      return pathname.startsWith('/tiles/') ? tiles(request, context) : origin.fetch(request, context);
    }),
  );
  await new Promise<void>((resolve) => server.listen(originPort, '127.0.0.1', resolve));
  // Use a second browser context with its own worker, not just another tab.
  const other = await browser.newContext();
  const screens = [page, await other.newPage()];
  try {
    for (const screen of screens) {
      await screen.goto(`${edge.url}/`);
      await screen.waitForFunction(
        () => (window as any).client?.state === 'active' && (window as any).client.version('short') === 'v1',
        undefined,
        { timeout: 40_000 },
      );
      await screen.evaluate(() => (window as any).showMap());
      await expect
        .poll(() => shown(screen), { timeout: 20_000 })
        .toEqual(Object.fromEntries(NAMES.map((name) => [name, OLD])));
      await watchForFalselyFresh(screen);
    }

    const published = Date.now();
    const publish = (layer: string) => origin.publishNow({ layer, version: 'v2', id: `job-${layer}` });
    for (const name of NAMES) data.set(name, 'new');
    const reports = await Promise.all(NAMES.map(publish));
    expect(reports.filter(({ ok }) => !ok).map(({ layer }) => layer)).toEqual(['failing', 'failing-bare']);

    // Every screen learns the new version while the edge still has the old tiles.
    for (const screen of screens)
      await screen.waitForFunction((count) => Object.keys((window as any).known).length === count, NAMES.length);

    const rightAfter: Record<string, number> = {};
    const allNew = (name: string) =>
      expect
        .poll(async () => (await Promise.all(screens.map(shown))).map((each) => each[name]), {
          message: name,
          timeout: 40_000 + real(120),
          intervals: [100],
        })
        .toEqual(screens.map(() => NEW))
        .then(() => (rightAfter[name] = ((Date.now() - edge.rightAt(name)!) * SPEED) / 1000));

    await Promise.all(NAMES.filter((name) => name.startsWith('short')).map(allNew));
    // The edge still has old tiles of the other layers, and so do the screens.
    for (const screen of screens)
      expect(await shown(screen)).toMatchObject({ failing: OLD, 'failing-bare': OLD, minute: OLD, 'minute-bare': OLD });

    await page.waitForTimeout(real(17));
    for (const name of ['failing', 'failing-bare']) behaviours[name]!.lag = 0;
    expect((await Promise.all(['failing', 'failing-bare'].map(publish))).map(({ ok }) => ok)).toEqual([true, true]);
    await Promise.all(NAMES.filter((name) => !name.startsWith('short')).map(allNew));

    for (const screen of screens) {
      const { falselyFresh, looks } = await screen.evaluate(() => ({
        falselyFresh: (window as any).falselyFresh,
        looks: (window as any).looks,
      }));
      expect(falselyFresh).toEqual([]);
      expect(looks).toBeGreaterThan(NAMES.length * 3);
    }
    for (const name of ['minute', 'minute-bare']) {
      // Both workers request tiles steadily throughout the minute, so they notice the new ones soon.
      const quarter = (edge.rightAt(name)! - published) / 4;
      for (let i = 0; i < 4; i++)
        expect(
          edge.asked(name, published + i * quarter, published + (i + 1) * quarter),
          `${name} ${i}`,
        ).toBeGreaterThan(4);
    }
    test
      .info()
      .annotations.push({ type: 'seconds until all screens were right', description: JSON.stringify(rightAfter) });
    for (const [name, after] of Object.entries(rightAfter)) expect(after, name).toBeLessThan(CURRENT_WITHIN);
  } finally {
    await other.close();
    await origin.close();
    await edge.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
