// Unusual environments: two maps of one layer, a frame with an opaque origin, plain http, a browser that stores nothing, a
// worker that fails to register. The map draws as it would without this package, and the client reports what does not work.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, firefox, type Frame, type Page } from '@playwright/test';
import { firefoxOptions, wholeChromiumOptions } from './fixtures/browsers';
import { gate } from './fixtures/client-page';
import { expect, test, workerSource } from './fixtures/test';
import type { TileServer } from './server/tile-server';
import { png } from './server/tiles';

test.use({ launchOptions: wholeChromiumOptions });
test.describe.configure({ timeout: 180_000 });

const PROGRAM = `
  import * as L from 'leaflet';
  import { createTileCacheClient } from 'sw-tile-cache';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  import 'sw-tile-cache/tile-age';
  const seen = (window.seen = { errors: [], tileErrors: 0, ready: false });
  addEventListener('error', ({ message }) => seen.errors.push(message));
  addEventListener('unhandledrejection', ({ reason }) => seen.errors.push(String(reason)));
  window.addMap = (zoom, at) => {
    const element = document.body.appendChild(document.createElement('div'));
    element.style.cssText = 'position: relative; overflow: hidden; width: 300px; height: 300px';
    const map = L.map(element, { center: at, zoom, zoomAnimation: false, fadeAnimation: false, inertia: false });
    const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').on('tileerror', () => (seen.tileErrors += 1)).addTo(map);
    return { map, layer, element, binding: bindTileLayer(layer, window.client) };
  };
  const options = { serviceWorker: '/sw.js', versions: { url: '/version.json', interval: 3600 }, ...window.settings };
  createTileCacheClient(options).then((client) => {
    window.client = client;
    window.first = window.addMap(10, [48, 11]);
    const badge = document.createElement('tile-age');
    badge.client = client;
    badge.binding = window.first.binding;
    document.body.append(badge);
    seen.ready = true;
  });`;

interface TestMap {
  map: { setView(at: number[], zoom: number, options?: object): void; remove(): void; invalidateSize(): void };
  element: HTMLElement;
  binding: { updating: boolean };
}
interface TestWindow {
  seen: { errors: string[]; tileErrors: number; ready: boolean };
  client: {
    state: string;
    error?: { code: string; name: string };
    invalidate(what: object): Promise<unknown>;
    check(): Promise<unknown>;
    usage(): Promise<unknown>;
    version(layer: string): string | undefined;
    status(): { state: string };
  };
  first: TestMap;
  second: TestMap;
  addMap(zoom: number, at: number[]): TestMap;
}

async function site(server: TileServer, { worker = true }: { worker?: boolean } = {}): Promise<void> {
  const head =
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><html lang="en"><title>map</title><link rel="stylesheet" href="/leaflet.css">';
  server.serve('/leaflet.css', readFileSync('node_modules/leaflet/dist/leaflet.css', 'utf8'), 'text/css');
  server.serve(
    '/map',
    `${head}<script type="module">${(await server.bundle(PROGRAM, 'es')).replaceAll('</script', '<\\/script')}</script>`,
  );
  if (worker) server.serve('/sw.js', await server.bundle(workerSource().replace('now, ', '')), 'text/javascript');
  server.on('/version.json', {
    body: '{"version":"1"}',
    cc: 'no-cache',
    headers: { 'content-type': 'application/json' },
  });
}

/** Counts Leaflet's tiles, and those that it is still waiting for. */
const images = (frame: Page | Frame) =>
  frame.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLImageElement>('img.leaflet-tile')];
    const loaded = all.filter((image) => image.complete && image.naturalWidth > 0).length;
    return { all: all.length, missing: all.length - loaded };
  });

async function drawn(frame: Page | Frame): Promise<void> {
  await frame.waitForFunction(() => (window as unknown as TestWindow).seen?.ready);
  await expect.poll(async () => (await images(frame)).missing).toBe(0);
  expect((await images(frame)).all).toBeGreaterThan(3);
}

/** Checks what holds wherever there is no worker: the map is complete, and commands reject. Returns the client's error. */
async function withoutWorker(frame: Page | Frame): Promise<{ code?: string | undefined; name?: string | undefined }> {
  await drawn(frame);
  const found = await frame.evaluate(async () => {
    const { client, seen } = window as unknown as TestWindow;
    const failure = (run: Promise<unknown>) =>
      run.then(
        () => 'done',
        (error: { code?: string }) => error.code ?? String(error),
      );
    return {
      state: client.state,
      code: client.error?.code,
      name: client.error?.name,
      status: client.status().state,
      commands: [await failure(client.invalidate({ layer: 'roads' })), await failure(client.usage())],
      errors: seen.errors,
      tileErrors: seen.tileErrors,
      badge: document.querySelector('tile-age')!.getAttribute('state'),
    };
  });
  // The badge says that the age of the tiles is unknown.
  expect(found).toMatchObject({
    state: 'unavailable',
    status: 'unavailable',
    errors: [],
    tileErrors: 0,
    badge: 'unknown',
  });
  for (const code of found.commands) expect(code).toMatch(/^[A-Z_]+$/);
  return found;
}

test('two maps of one layer on one page do not disturb each other', async ({ server, page }) => {
  await site(server);
  const slow = gate();
  const main: string[] = [];
  for (let x = 535; x < 555; x += 1)
    for (let y = 345; y < 365; y += 1) {
      const path = `/tiles/roads/10/${x}/${y}.png`;
      server.on(path, () => {
        main.push(path);
        return { cc: 'max-age=3600', body: png(path), gate: slow.opened };
      });
    }
  // Register the worker first, so that it controls the map page from the start.
  server.serve('/begin', '<!doctype html><title>begin</title>');
  await page.goto(`${server.url}/begin`);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/sw.js');
    await navigator.serviceWorker.ready;
  });
  await page.goto(`${server.url}/map`);
  await page.waitForFunction(() => (window as unknown as TestWindow).client?.state === 'active');
  await expect.poll(() => main.length).toBeGreaterThan(3);
  // Open and move an overview map: its views must not cancel requests of the first map.
  await page.evaluate(() => {
    const w = window as unknown as TestWindow;
    w.second = w.addMap(2, [0, 0]);
  });
  for (const longitude of [120, -120, 60])
    await page.evaluate(
      (at) => (window as unknown as TestWindow).second.map.setView([-40, at], 3, { animate: false }),
      longitude,
    );
  await expect
    .poll(() => server.requests().filter(({ path }) => path.startsWith('/tiles/roads/3/')).length)
    .toBeGreaterThan(3);
  await expect
    .poll(() =>
      page.evaluate(() =>
        [...(window as unknown as TestWindow).second.element.querySelectorAll('img')].every(
          (i) => i.complete && i.naturalWidth > 0,
        ),
      ),
    )
    .toBe(true);
  slow.open();
  await drawn(page);
  expect(await page.evaluate(() => (window as unknown as TestWindow).seen.tileErrors)).toBe(0);
  // Each tile was requested once: the worker cancelled none and fetched none again.
  expect(new Set(main).size).toBe(main.length);
});

test('in a frame with an opaque origin, the map works, and the client reports NO_WORKER', async ({ server, page }) => {
  await site(server);
  server.serve(
    '/outer',
    '<!doctype html><title>outer</title><iframe sandbox="allow-scripts" src="/map" width="400" height="400"></iframe>',
  );
  await page.goto(`${server.url}/outer`);
  await expect.poll(() => page.frames().length).toBe(2);
  const frame = page.frames()[1]!;
  expect(await frame.evaluate(() => origin)).toBe('null');
  expect((await withoutWorker(frame)).code).toBe('NO_WORKER');
});

test('over plain http, the map and the versions work without a worker', async ({ server }) => {
  await site(server);
  const browser = await chromium.launch({
    ...wholeChromiumOptions,
    args: [...wholeChromiumOptions.args, '--host-resolver-rules=MAP map.test 127.0.0.1'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url.replace('127.0.0.1', 'map.test')}/map`);
    expect(await page.evaluate(() => [isSecureContext, 'serviceWorker' in navigator])).toEqual([false, false]);
    expect((await withoutWorker(page)).code).toBe('NO_WORKER');
    await expect.poll(() => page.evaluate(() => (window as unknown as TestWindow).client.version('roads'))).toBe('1');
  } finally {
    await browser.close();
  }
});

test('in a browser that stores nothing, the map works', async ({ server }) => {
  await site(server);
  const folder = mkdtempSync(join(tmpdir(), 'no-data-'));
  mkdirSync(join(folder, 'Default'));
  writeFileSync(
    join(folder, 'Default', 'Preferences'),
    JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 }, block_third_party_cookies: true } }),
  );
  const context = await chromium.launchPersistentContext(folder, wholeChromiumOptions);
  try {
    const page = await context.newPage();
    await page.goto(`${server.url}/map`);
    expect(
      await page.evaluate(() => {
        try {
          return typeof localStorage;
        } catch (error) {
          return (error as Error).name;
        }
      }),
    ).toBe('SecurityError');
    expect((await withoutWorker(page)).name).toMatch(/^(NotSupported|Security)Error$/);
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('in a Firefox that stores nothing, the map works; in its private windows, the worker does as well', async ({
  server,
}) => {
  await site(server);
  const under = async (firefoxUserPrefs: Record<string, boolean | number>, look: (page: Page) => Promise<void>) => {
    const browser = await firefox.launch({ ...firefoxOptions, firefoxUserPrefs });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.url}/map`);
      await look(page);
    } finally {
      await browser.close();
    }
  };
  await under({ 'network.cookie.cookieBehavior': 2 }, async (page) => {
    expect((await withoutWorker(page)).name).toBe('SecurityError');
  });
  await under({ 'browser.privatebrowsing.autostart': true }, async (page) => {
    await drawn(page);
    await expect.poll(() => page.evaluate(() => (window as unknown as TestWindow).client.state)).toBe('active');
    await page.reload();
    await drawn(page);
    await expect.poll(() => page.evaluate(() => (window as unknown as TestWindow).client.usage())).toBeTruthy();
  });
});

const JS = 'text/javascript';
const js = (server: TileServer, code: string) => server.serve('/sw.js', code, JS);
// Keep the cases with `server.on` first: afterwards, files that `server.serve` has added take precedence.
const BROKEN: Array<[string, (server: TileServer) => void]> = [
  ['does not exist', (server) => server.on('/sw.js', { status: 404, body: 'no' })],
  ['redirects', (server) => server.on('/sw.js', { status: 302, headers: { location: '/other.js' } })],
  ['fails', (server) => server.on('/sw.js', { status: 503, body: 'no' })],
  ['cannot be reached', (server) => server.on('/sw.js', { reset: true })],
  ['is an HTML page', (server) => server.serve('/sw.js', '<!doctype html><title>x</title>')],
  ['does not parse', (server) => js(server, 'const = ;')],
  ['throws when it starts', (server) => js(server, 'throw new Error("no")')],
  ['does not install', (server) => js(server, 'oninstall = (e) => e.waitUntil(Promise.reject(new Error("no")))')],
];

test('if the worker fails to register, the map works, and the client says why', async ({ server, browser }) => {
  await site(server, { worker: false });
  for (const [name, act] of BROKEN) {
    act(server);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.url}/map`);
    const { name: error } = await withoutWorker(page);
    expect(error, name).toMatch(/^(TypeError|SecurityError|TileCacheError)$/);
    await context.close();
  }
});

test('a worker that never becomes active delays neither the map nor the client', async ({ server, page }) => {
  await site(server, { worker: false });
  for (const act of [
    () => server.on('/sw.js', { hang: 'head' }),
    () => js(server, 'oninstall = (e) => e.waitUntil(new Promise(() => {}))'),
  ]) {
    act();
    await page.goto(`${server.url}/map`);
    await drawn(page);
    expect(await page.evaluate(() => (window as unknown as TestWindow).client.state)).toBe('pending');
    expect(await page.evaluate(() => (window as unknown as TestWindow).seen)).toMatchObject({
      errors: [],
      tileErrors: 0,
    });
  }
});

test('a page to which the user goes back learns the version that it missed', async ({ server, page }) => {
  await site(server);
  await page.addInitScript(() => {
    (window as unknown as { settings: object }).settings = { versions: { url: '/version.json', interval: 1 } };
  });
  let version = '1';
  server.on('/version.json', () => ({
    body: `{"version":"${version}"}`,
    cc: 'no-cache',
    headers: { 'content-type': 'application/json' },
  }));
  await page.goto(`${server.url}/map`);
  await page.waitForFunction(() => (window as unknown as TestWindow).client?.state === 'active');
  await page.reload();
  await drawn(page);
  const inForce = () => page.evaluate(() => (window as unknown as TestWindow).client?.version('roads'));
  await expect.poll(inForce).toBe('1');
  // Navigate away and back.
  server.serve('/away', '<!doctype html><title>away</title>');
  await page.goto(`${server.url}/away`);
  version = '2';
  await page.goBack();
  await expect.poll(inForce).toBe('2');
  await drawn(page);
  expect(await page.evaluate(() => (window as unknown as TestWindow).seen)).toMatchObject({
    errors: [],
    tileErrors: 0,
  });
});
