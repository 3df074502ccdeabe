import { expect, test as base } from '../fixtures/engine';
import type { Tab } from '../fixtures/tab';
import { type Seen, census, POINTS, record, still } from './film';
import { type MapOrigin, startMapOrigin } from './origin';

export { expect };

/** Tests with a map on an origin of its own. */
export const test = base.extend<{ origin: MapOrigin; tab: Tab }>({
  origin: async ({}, use) => {
    const origin = await startMapOrigin();
    await use(origin);
    await origin.close();
  },
  tab: async ({ engine }, use) => {
    const { tab, close } = await engine.open();
    await use(tab);
    await close();
  },
});

/** The properties that the pages' programs set on `window`. */
export interface MapWindow {
  client: { emit(event: string, detail: object): void; views: unknown[]; listenerCount(): number };
  binding: { updating: boolean; unbind(): void; tiles(): Array<{ z: number; x: number; y: number }> };
  bind(options?: object): void;
  ready: boolean;
}

type Points = ReadonlyArray<readonly [number, number]>;

export const emit = (page: Tab, event: string, detail: object) =>
  page.evaluate(([name, body]) => (window as never as MapWindow).client.emit(name, body), [event, detail] as const);

/** Waits until no tile waits for new bytes. */
export const settled = (page: Tab) => page.waitForFunction(() => !(window as never as MapWindow).binding.updating);

/** Waits until the map has drawn everything that it requested. */
export const ready = (page: Tab) => page.waitForFunction(() => (window as never as MapWindow).ready);

/** Returns what is on the screen. */
export async function look(page: Tab, points: Points): Promise<Record<Seen, number>> {
  return census(await still(page), points);
}

/** Waits until the screen shows this: a library draws a tile only some frames after it has loaded. */
export const shows = (page: Tab, points: Points, what: Partial<Record<Seen, number>>): Promise<void> =>
  expect.poll(() => look(page, points)).toMatchObject(what);

/** Waits for two frames. */
export const frames = (page: Tab) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

export const NEW_VERSION = { layer: 'roads', version: '2', previous: '1' };

/** Binds the layer again with these options. */
export const rebind = (page: Tab, options: object) =>
  page.evaluate((given) => {
    const w = window as never as MapWindow;
    w.binding.unbind();
    w.bind(given);
  }, options);

/**
 * Holds back every other tile, as on a chessboard, until the returned function is called. Holds at most four: a browser
 * opens six connections to an origin, and the other tiles must still arrive.
 */
export function holdSome(origin: MapOrigin): () => void {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const paths = new Set<string>();
  origin.wait = (path) => {
    const [, x, y] = /\/(\d+)\/(\d+)\.\w+/.exec(path) ?? [];
    if ((Number(x) + Number(y)) % 2 && paths.size < 4) paths.add(path);
    return paths.has(path) ? held : undefined;
  };
  return () => {
    origin.wait = () => undefined;
    release();
  };
}

/** Publishes version 2 under a bound map. Returns what each frame showed until the whole map is new. */
export async function publishOnFilm(page: Tab, points: Points): Promise<Array<Record<Seen, number>>> {
  const film = await record(page);
  await emit(page, 'versionchange', NEW_VERSION);
  await settled(page);
  await shows(page, points, { new: points.length });
  return (await film.stop()).map((frame) => census(frame, points));
}

/** Publishes after the origin has lost all tiles. A map bound with these options must remove every tile. */
export async function becomesEmpty(page: Tab, origin: MapOrigin, options: object, points: Points): Promise<void> {
  await rebind(page, options);
  origin.fail = () => 404;
  await emit(page, 'versionchange', NEW_VERSION);
  await settled(page);
  await shows(page, points, { blank: points.length });
}

/**
 * Publishes under a map bound with `swap: 'view'` while some tiles are slow and the map moves. No frame may show old
 * tiles beside new ones, and no frame before the move may show a gap.
 */
export async function publishInOneFrame(
  page: Tab,
  origin: MapOrigin,
  move: () => Promise<unknown>,
  points: Points = POINTS,
): Promise<void> {
  await rebind(page, { swap: 'view', swapTimeout: 600_000 });
  expect(await look(page, points)).toMatchObject({ old: points.length });
  const release = holdSome(origin);
  const asked = origin.requests.length;
  origin.version = 2;
  const film = await record(page);
  await emit(page, 'versionchange', NEW_VERSION);
  const since = () => origin.requests.slice(asked);
  const changed = await page.evaluate(() => (window as never as MapWindow).binding.tiles().length);
  await expect.poll(() => new Set(since()).size).toBeGreaterThanOrEqual(changed);
  await frames(page);
  expect(await look(page, points)).toMatchObject({ old: points.length });
  const before = origin.requests.length;
  await move();
  // Tiles that come into view load, and wait for the swap with the others.
  await expect.poll(() => origin.requests.length).toBeGreaterThan(before);
  await frames(page);
  expect(await look(page, points)).toMatchObject({ new: 0 });
  release();
  await settled(page);
  await shows(page, points, { new: points.length });
  const seen = (await film.stop()).map((frame) => census(frame, points));
  expect(seen.filter((frame) => frame.new > 0 && frame.old > 0)).toEqual([]);
  expect(seen.some((frame) => frame.old === points.length)).toBe(true);
}
