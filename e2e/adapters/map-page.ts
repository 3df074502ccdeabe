import { type Page, expect, test as base } from '@playwright/test';
import { type Seen, census, record } from './film';
import { type MapOrigin, startMapOrigin } from './origin';

export { expect };

/** Tests with a map on an origin of its own. */
export const test = base.extend<{ origin: MapOrigin }>({
  origin: async ({}, use) => {
    const origin = await startMapOrigin();
    await use(origin);
    await origin.close();
  },
});

/** What the pages' programs leave on `window`. */
export interface MapWindow {
  client: { emit(event: string, detail: object): void; views: unknown[]; listenerCount(): number };
  binding: { updating: boolean; unbind(): void; tiles(): Array<{ z: number; x: number; y: number }> };
  bind(options?: object): void;
  ready: boolean;
}

type Points = ReadonlyArray<readonly [number, number]>;

export const emit = (page: Page, event: string, detail: object) =>
  page.evaluate(([name, body]) => (window as never as MapWindow).client.emit(name, body), [event, detail] as const);

/** Nothing waits for new bytes any more. */
export const settled = (page: Page) => page.waitForFunction(() => !(window as never as MapWindow).binding.updating);

/** The map has drawn everything that it asked for. */
export const ready = (page: Page) => page.waitForFunction(() => (window as never as MapWindow).ready);

/** What is on the screen now. */
export async function look(page: Page, points: Points): Promise<Record<Seen, number>> {
  return census((await (await record(page)).stop()).at(-1)!, points);
}

/** Waits until the screen shows this: what a library has loaded it draws some frames later. */
export const shows = (page: Page, points: Points, what: Partial<Record<Seen, number>>): Promise<void> =>
  expect.poll(() => look(page, points)).toMatchObject(what);

/** Two frames later. */
export const frames = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

export const NEW_VERSION = { layer: 'roads', version: '2', previous: '1' };
