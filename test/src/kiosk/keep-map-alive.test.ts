import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepMapAlive } from '../../../src/kiosk/keep-map-alive';

const own = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage');
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  if (own) Object.defineProperty(globalThis, 'sessionStorage', own);
  else delete (globalThis as { sessionStorage?: Storage }).sessionStorage;
  vi.useRealTimers();
});

const forbidden = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};

/** A page whose heap is full and whose worker does not answer, so that every ladder ends with a reload. */
async function page(sessionStorage: () => Partial<Storage>, onFetch = (_stop: () => void) => {}) {
  Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, get: sessionStorage });
  const [reload, unregister] = [vi.fn(), vi.fn(async () => true)];
  vi.stubGlobal('location', { href: 'https://map.example/', reload });
  vi.stubGlobal('fetch', async () => (onFetch(dog.stop), new Response('<script></script>')));
  const memory = { usedJSHeapSize: 10, jsHeapSizeLimit: 10 };
  vi.stubGlobal('performance', { now: () => Date.now(), memory });
  const container = { controller: {}, getRegistration: async () => ({ unregister }) };
  vi.stubGlobal('navigator', { onLine: true, serviceWorker: container });
  const workerStatus = () => new Promise(() => {});
  const client = { state: 'active', status: () => ({ layers: {} }), workerStatus, on: () => () => {} };
  const dog = keepMapAlive({ layer: 'roads', tiles: () => [], refresh() {}, view: () => undefined }, client as never);
  const heals: Array<{ remedy: string; done: boolean; error?: unknown }> = [];
  dog.on('heal', (heal) => heals.push(heal));
  await vi.advanceTimersByTimeAsync(600_000);
  dog.stop();
  return { heals, reload, unregister };
}

describe('a page that cannot record its reloads', () => {
  it.each<[string, () => Partial<Storage>]>([
    ['session storage is forbidden', forbidden],
    ['session storage cannot be written', () => ({ getItem: () => null, setItem: forbidden })],
  ])('neither reloads nor unregisters its worker, and says why: %s', async (_, sessionStorage) => {
    const { heals, reload, unregister } = await page(sessionStorage);
    expect(new Set(heals.map(({ remedy }) => remedy))).toEqual(new Set(['reload', 'replace']));
    for (const { done, error } of heals)
      expect([done, String(error)]).toEqual([false, expect.stringContaining('cannot record reloads')]);
    expect(reload).not.toHaveBeenCalled();
    expect(unregister).not.toHaveBeenCalled();
  });
});

function createSession() {
  const stored = new Map<string, string>();
  const session = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  };
  return () => session;
}

it('a worker that does not answer is unregistered just before the reload', async () => {
  const { reload, unregister } = await page(createSession());
  expect(unregister).toHaveBeenCalled();
  expect(unregister.mock.invocationCallOrder[0]).toBeLessThan(reload.mock.invocationCallOrder.at(-1)!);
});

it('a worker that the origin has switched off is not repaired', async () => {
  vi.stubGlobal('localStorage', { getItem: (key: string) => (key === 'tile-cache-off' ? 'a script' : null) });
  const { heals, unregister } = await page(createSession());
  expect(unregister).not.toHaveBeenCalled();
  // The heap of this page is still full.
  expect(heals.length).toBeGreaterThan(0);
});

it('a watch that stops during its request for the page neither reloads it nor unregisters the worker', async () => {
  let asked = 0;
  const { reload, unregister } = await page(createSession(), (stop) => {
    asked += 1;
    stop();
  });
  expect(asked).toBe(1);
  expect(reload).not.toHaveBeenCalled();
  expect(unregister).not.toHaveBeenCalled();
});
