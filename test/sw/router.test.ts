import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { createRouter } from '../../sw/router';

// Workbox uses this global as soon as it is imported.
vi.hoisted(() => void ((globalThis as { self?: unknown }).self ??= globalThis));

const KEY = 'sk-3f9a1c7e55d04b';
const URL_WITH_KEY = `https://tiles.example/tiles/roads/1/0/0.png?key=${KEY}`;
const address = { layer: { name: 'roads' }, secrets: `key=${KEY}` } as unknown as TileAddress;

const printed: string[] = [];
let listeners: Array<(event: unknown) => void>;

beforeEach(() => {
  printed.length = 0;
  listeners = [];
  vi.stubGlobal('location', new URL('https://app.example/sw.js'));
  vi.stubGlobal('addEventListener', (_type: string, listener: (event: unknown) => void) => listeners.push(listener));
  for (const method of ['log', 'debug', 'warn', 'error', 'groupCollapsed', 'info'] as const)
    vi.spyOn(console, method).mockImplementation((...told: unknown[]) => {
      printed.push(told.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(' '));
    });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const router = () =>
  createRouter({
    match: (url) => (url.includes('/tiles/') ? address : undefined),
    handle: () => ({ response: Promise.resolve(new Response('tile')), done: Promise.resolve() }),
  });

/** An event of the browser. */
function ask(url: string) {
  const answers: Array<Promise<Response>> = [];
  const event = {
    request: new Request(url),
    clientId: 'page',
    respondWith: (answer: Promise<Response>) => answers.push(answer),
    waitUntil: () => {},
  };
  return { event: event as unknown as FetchEvent, answers };
}

it('prints no API key of a tile, and nothing for requests that it leaves to the app', async () => {
  const answer = router();
  const tile = ask(URL_WITH_KEY);
  expect(answer(tile.event)).toBe(true);
  expect(await (await tile.answers[0])?.text()).toBe('tile');
  expect(answer(ask(`https://app.example/api?token=${KEY}`).event)).toBe(false);
  expect(printed).toEqual([]);
});

it('leaves files of an app under the tiles’ path to the browser', () => {
  const { event, answers } = ask('https://app.example/tiles/viewer/app.js');
  Object.defineProperty(event.request, 'destination', { value: 'script' });
  const catchAll = { ...address, layer: { name: 'viewer', catchAll: true } } as unknown as TileAddress;
  const handle = vi.fn();
  expect(createRouter({ match: () => catchAll, handle })(event)).toBe(false);
  expect(answers).toEqual([]);
  expect(handle).not.toHaveBeenCalled();
});

it('lets other Workbox routes print', async () => {
  router()(ask(URL_WITH_KEY).event);
  const { logger } = await import('workbox-core/_private/logger.js');
  (logger as unknown as { log(text: string): void }).log('a route of the app');
  expect(printed.join()).toContain('a route of the app');
});

it('prints no API key of tiles that a page asks Workbox to cache', async () => {
  router();
  const waited: Array<Promise<unknown>> = [];
  const data = { type: 'CACHE_URLS', payload: { urlsToCache: [URL_WITH_KEY] } };
  for (const listener of listeners)
    listener({ data, ports: [], waitUntil: (work: Promise<unknown>) => waited.push(work), respondWith: () => {} });
  await Promise.all(waited);
  expect(waited.length).toBeGreaterThan(0);
  expect(printed.join()).not.toContain(KEY);
});
