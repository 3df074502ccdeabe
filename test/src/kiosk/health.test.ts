import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepMapAlive } from '../../../src/kiosk/keep-map-alive';
import type { HealthReport } from '../../../src/shared/health-schema';
import { fakeStorage } from '../fake-storage';

type Answer = () => Promise<Response>;
const status = (code: number) => async () => new Response(null, { status: code });
const unreachable = () => Promise.reject(new TypeError('Failed to fetch'));
const MINUTE = 60_000;

let page: EventTarget;
/** The page's present listeners. */
let listeners: number;
let answer: Answer;
let sent: Array<{ url: string; init: RequestInit; report: HealthReport; at: number }>;
let began: number;

beforeEach(() => {
  vi.useFakeTimers();
  [page, listeners, answer, sent, began] = [new EventTarget(), 0, status(204), [], Date.now()];
  vi.stubGlobal('sessionStorage', fakeStorage());
  vi.stubGlobal('location', { href: 'https://map.example/sign', origin: 'https://map.example', reload: () => {} });
  vi.stubGlobal('performance', { now: () => Date.now() - began });
  vi.stubGlobal('navigator', { onLine: true });
  vi.stubGlobal('addEventListener', (kind: string, listener: () => void) => {
    listeners += 1;
    page.addEventListener(kind, listener);
  });
  vi.stubGlobal('removeEventListener', (kind: string, listener: () => void) => {
    listeners -= 1;
    page.removeEventListener(kind, listener);
  });
  vi.stubGlobal('fetch', (url: URL, init: RequestInit) => {
    sent.push({ url: url.href, init, report: JSON.parse(String(init.body)) as HealthReport, at: Date.now() - began });
    return answer();
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A healthy sign without version checks of its own, so that the watch has to make them. */
function watch(endpoint = '/api/rum') {
  const checked = new Set<() => void>();
  const client = {
    check: async () => {
      for (const listener of checked) listener();
    },
    state: 'active',
    status: () => ({ offline: false, layers: { roads: { version: 'v1' } } }),
    workerStatus: async () => ({}),
    on: (event: string, listener: () => void) => {
      if (event === 'versioncheck') checked.add(listener);
      return () => void checked.delete(listener);
    },
  };
  const binding = { layer: 'roads', tiles: () => [], refresh() {}, view: () => undefined };
  return keepMapAlive(binding, client as never, { health: { endpoint, name: 'lobby' } });
}
const fail = (kind = 'error') => void page.dispatchEvent(new Event(kind));
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
/** The number of the watch's checks according to each report. */
const checks = () => sent.map(({ report }) => report.heals.find(({ remedy }) => remedy === 'check')?.count ?? 0);
const errors = () => sent.map(({ report }) => report.errors);

describe('reports of a kiosk', () => {
  it('are sent at once, and then once a minute', async () => {
    const dog = watch();
    await pass(0);
    expect(sent).toMatchObject([
      {
        url: 'https://map.example/api/rum',
        init: { method: 'POST', headers: { 'Content-Type': 'application/json' } },
        report: { kind: 'health', name: 'lobby', versions: { roads: 'v1' }, heals: [], errors: 0 },
      },
    ]);
    await pass(3 * MINUTE);
    expect(sent.map(({ at }) => at)).toEqual([0, MINUTE, 2 * MINUTE, 3 * MINUTE]);
    expect(new Set(sent.map(({ report }) => report.id)).size).toBe(4);
    dog.stop();
  });

  it('go to another origin without a preflight', async () => {
    const dog = watch('https://stats.example/rum');
    await pass(0);
    expect(sent[0]).toMatchObject({
      url: 'https://stats.example/rum',
      init: { headers: { 'Content-Type': 'text/plain' } },
    });
    dog.stop();
  });

  it.each<[string, Answer, number]>([
    ['kept after a 503', status(503), 3],
    ['kept after a 500', status(500), 3],
    ['kept after a 429', status(429), 3],
    ['kept if nobody answers', unreachable, 3],
    ['dropped after a 400', status(400), 1],
    ['dropped after a 404', status(404), 1],
    ['dropped after a 204', status(204), 1],
  ])('their counts are %s', async (_, first, next) => {
    const dog = watch();
    await pass(0);
    fail();
    fail('unhandledrejection');
    answer = first;
    await pass(MINUTE);
    answer = status(204);
    fail();
    await pass(2 * MINUTE);
    // Each is counted once.
    expect(errors()).toEqual([0, 2, next, 0]);
    dog.stop();
  });

  it('their counts are kept through several lost reports', async () => {
    const dog = watch();
    await pass(0);
    answer = unreachable;
    for (let i = 0; i < 3; i += 1) {
      fail();
      await pass(MINUTE);
    }
    answer = status(204);
    await pass(2 * MINUTE);
    expect(errors()).toEqual([0, 1, 2, 3, 3, 0]);
    dog.stop();
  });

  it.each<[string, Answer, (before: number, then: number) => number]>([
    ['kept after a 503', status(503), (before, then) => before + then],
    ['dropped after a 400', status(400), (_, then) => then],
  ])('their repairs are %s', async (_, first, expected) => {
    answer = first;
    const dog = watch();
    await pass(20 * MINUTE - 1);
    const before = dog.status().heals.check;
    expect(before).toBeGreaterThan(0);
    answer = status(204);
    await pass(20 * MINUTE);
    const then = dog.status().heals.check - before;
    expect(then).toBeGreaterThan(0);
    const delivered = checks()
      .slice(20)
      .reduce((sum, count) => sum + count, 0);
    expect(delivered).toBe(expected(before, then));
    dog.stop();
  });

  it('end with the watch, as do its listeners', async () => {
    const dog = watch();
    await pass(MINUTE);
    expect(listeners).toBeGreaterThan(0);
    dog.stop();
    expect(listeners).toBe(0);
    fail();
    await pass(10 * MINUTE);
    expect(errors()).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
