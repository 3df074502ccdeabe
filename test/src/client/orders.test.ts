import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import { createReloadBudget } from '../../../src/client/reload-budget';
import { createOrders } from '../../../src/client/orders';
import { isSwitchedOff } from '../../../src/client/switched-off';
import type { Env } from '../../../src/page/env';
import type { ClientOrders } from '../../../src/shared/manifest';
import { parseManifest } from '../../../src/shared/parse-manifest';
import { readOrders, withoutOrders } from '../../../src/shared/read-orders';
import { createFakeBrowser, ORIGIN } from '../fake-browser';
import { settle } from '../fake-clock';
import { fakeStorage } from '../fake-storage';

const script = `${ORIGIN}/sw.js`;

describe('a manifest with orders for the page', () => {
  let now = 0;
  let reloads = 0;
  let unregistered = 0;
  /** True while the browser has the registration. */
  let isHere = true;
  let registered: string[] = [];
  let told: ClientOrders[] = [];
  let names: Set<string>;
  const shared = { current: fakeStorage() };
  beforeEach(() => {
    now = 1e12;
    starts = () => {};
    timers = [];
    reloads = unregistered = 0;
    isHere = true;
    registered = [];
    told = [];
    shared.current = fakeStorage();
    names = new Set([
      `tile-cache-v1:${encodeURIComponent(`${ORIGIN}/`)}:roads@1`,
      `tile-cache-v1:${encodeURIComponent(`${ORIGIN}/other/`)}:roads@1`,
      'workbox-precache',
    ]);
  });
  // The pages of a test end with it.
  afterEach(() => settle());
  /** The result of registering the worker. */
  let starts = () => {};
  /** Timers that are longer than an unregistration. */
  let timers: Array<() => void> = [];
  const page = ({
    session = fakeStorage(),
    first = true,
    controller = true,
    stuck = false,
    failed = (): boolean => false,
    script: own = script,
  } = {}) => {
    const ours = {
      scope: `${ORIGIN}/`,
      active: { scriptURL: script },
      async unregister() {
        if (stuck) await new Promise(() => {});
        isHere = false;
        unregistered += 1;
      },
    };
    const env = {
      now: () => now,
      setTimeout: (run: () => void, ms: number) => (ms > 10_000 ? timers.push(run) : setImmediate(run)),
      reload: () => void reloads++,
      storage: shared.current,
      session,
      container: {
        controller: controller ? {} : null,
        getRegistrations: async () => [
          ...(isHere ? [ours] : []),
          {
            scope: `${ORIGIN}/other/`,
            active: { scriptURL: `${ORIGIN}/other/sw.js` },
            unregister: async () => expect.fail('not ours'),
          },
        ],
        async register(url: string) {
          registered.push(url);
          starts();
          isHere = true;
        },
      },
      caches: { keys: async () => [...names], delete: async (name: string) => names.delete(name) },
    } as unknown as Env;
    const parts = {
      env,
      settings: { serviceWorker: own },
      scope: () => undefined,
      failed,
      first,
      noted: shared.current.getItem('tile-cache-done'),
      off: isSwitchedOff(shared.current, own),
    };
    return createOrders({ ...parts, told: (done) => told.push(done) });
  };

  it('worker off: unregisters it, deletes only its caches, and reloads the page once', async () => {
    await page()({ worker: 'off' });
    expect([unregistered, reloads]).toEqual([1, 1]);
    expect([...names]).toEqual([`tile-cache-v1:${encodeURIComponent(`${ORIGIN}/other/`)}:roads@1`, 'workbox-precache']);
    expect(told).toEqual([{ worker: 'off' }]);
    await page({ controller: false })({ worker: 'off' });
    expect([unregistered, reloads]).toEqual([1, 1]);
  });

  it('worker on again during a slow unregistration: the caches stay, and the page does not reload', async () => {
    const before = [...names];
    const obey = page({ stuck: true });
    const off = obey({ worker: 'off' });
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    await obey({ worker: 'on' });
    await off;
    expect([...names]).toEqual(before);
    expect([registered, reloads]).toEqual([[script], 0]);
    expect(told).toEqual([{ worker: 'off' }, { worker: 'on' }]);
  });

  it('worker on again before the browser has listed the workers: unregisters none', async () => {
    const obey = page();
    const off = obey({ worker: 'off' });
    await obey({ worker: 'on' });
    await off;
    expect([unregistered, registered, reloads]).toEqual([0, [script], 0]);
  });

  it('worker off and on again: each page reports both, also a tab that finds them recorded by another', async () => {
    const tabs = [page(), page(), page({ controller: false })];
    for (const tab of tabs) await tab({ worker: 'off' });
    expect(told).toEqual(Array(3).fill({ worker: 'off' }));
    for (const tab of tabs) await tab({ worker: 'off' });
    // A page that loads while the worker is off reports no change.
    const late = page({ controller: false });
    await late({ worker: 'off' });
    expect(told).toHaveLength(3);
    told = [];
    for (const tab of [...tabs, late]) for (let i = 0; i < 2; i += 1) await tab({});
    await page()({});
    expect(told).toEqual(Array(4).fill({ worker: 'on' }));
    expect(registered).toEqual([script]);
  });

  it('worker off, and a page that loads then: deletes what the worker still stored, before any check', async () => {
    const [own] = names;
    await page()({ worker: 'off' });
    names.add(own!);
    page({ controller: false });
    await settle();
    expect([...names]).not.toContain(own);
    // Another tab has since read that the worker is on: its tiles stay.
    names.add(own!);
    shared.current.setItem('tile-cache-off', '');
    page({ controller: false });
    await settle();
    expect([...names]).toContain(own);
    expect([unregistered, told]).toEqual([1, [{ worker: 'off' }]]);
  });

  it('worker off, and the browser did not unregister it: the next page does, even if the worker does not control it', async () => {
    await page({ stuck: true })({ worker: 'off' });
    expect([isHere, reloads]).toEqual([true, 1]);
    await page({ controller: false })({ worker: 'off' });
    expect([isHere, reloads]).toEqual([false, 1]);
    // An earlier call of `register()` settles after that.
    isHere = true;
    await page({ controller: false })({ worker: 'off' });
    expect([isHere, reloads]).toEqual([false, 1]);
  });

  it('worker off, and an older tab lets it store something since: the next page that reads the manifest deletes that', async () => {
    const [own] = names;
    await page()({ worker: 'off' });
    expect([...names]).not.toContain(own);
    names.add(own!);
    const tab = page({ controller: false });
    await tab({ worker: 'off' });
    expect([...names]).toEqual([`tile-cache-v1:${encodeURIComponent(`${ORIGIN}/other/`)}:roads@1`, 'workbox-precache']);
    // The worker had begun a write before its end.
    names.add(own!);
    await settle();
    expect([...names]).not.toContain(own);
    await tab(undefined);
    names.add(own!);
    await tab(undefined);
    expect([...names]).toContain(own);
    expect(unregistered).toBe(1);
  });

  it('worker off, and the unregistration never ends: its caches are deleted, and the page continues', async () => {
    await page({ stuck: true })({ worker: 'off' });
    expect([...names]).not.toContain(`tile-cache-v1:${encodeURIComponent(`${ORIGIN}/`)}:roads@1`);
    expect([unregistered, reloads]).toEqual([0, 1]);
  });

  it('worker off, just after a reload: reloads again as soon as that is allowed, if it is still off', async () => {
    const session = fakeStorage();
    createReloadBudget(session, () => now).take();
    const tab = page({ session });
    await tab({ worker: 'off' });
    await tab({ worker: 'off' });
    expect([reloads, timers.length]).toEqual([0, 1]);
    now += 60_000;
    timers.pop()!();
    expect(reloads).toBe(1);
    await tab({ worker: 'off' });
    expect(timers).toHaveLength(1);
    await tab({ worker: 'on' });
    now += 3_600_000;
    timers.pop()!();
    expect(reloads).toBe(1);
  });

  it('worker off, and the reload does not happen: tries again as soon as that is allowed, while the worker controls the page', async () => {
    const tab = page();
    await tab({ worker: 'off' });
    expect([reloads, timers.length]).toEqual([1, 1]);
    now += 60_000;
    timers.pop()!();
    expect([reloads, timers.length]).toEqual([2, 1]);
    now += 120_000;
    timers.pop()!();
    expect(reloads).toBe(3);
    await tab({ worker: 'on' });
    now += 3_600_000;
    timers.pop()!();
    expect([reloads, timers.length]).toEqual([3, 0]);
  });

  it('a second tab obeys as well, although the first has recorded the order', async () => {
    await page()({ worker: 'off' });
    await page()({ worker: 'off' });
    expect(reloads).toBe(2);
  });

  it('ends when the manifest drops the order', async () => {
    await page()({ worker: 'off' });
    await page({ controller: false })(undefined);
    await page({ controller: false })({ worker: 'on' });
    expect(registered).toEqual([script]);
    expect(told).toEqual([{ worker: 'off' }, { worker: 'on' }]);
  });

  it('stays off while the new script throws, and is tried at each manifest', async () => {
    await page()({ worker: 'off' });
    starts = () => {
      throw new TypeError('ServiceWorker script evaluation failed');
    };
    const tab = page({ controller: false });
    await tab({ worker: 'on' });
    await tab(undefined);
    expect(registered).toEqual([script, script]);
    expect(told).toEqual([{ worker: 'off' }]);
    starts = () => {};
    await tab(undefined);
    await tab(undefined);
    expect(registered).toHaveLength(3);
    expect(told).toEqual([{ worker: 'off' }, { worker: 'on' }]);
  });

  it('a worker that failed to start is registered again, every five minutes at most', async () => {
    let failed = true;
    const tab = page({ controller: false, failed: () => failed });
    for (let minute = 0; minute < 60; minute++) {
      await tab(undefined);
      now += 60_000;
    }
    expect(registered).toHaveLength(11);
    // A clock that was set back delays nothing.
    now -= 1e11;
    await tab(undefined);
    expect(registered).toHaveLength(12);
    failed = false;
    now += 3_600_000;
    await tab(undefined);
    expect(registered).toHaveLength(12);
    expect(told).toEqual([]);
  });

  it('reload: once for each token, in every tab, and not for a token that the page loaded with', async () => {
    await page()({ reload: 'a' });
    expect(reloads).toBe(0);
    const [one, two] = [page(), page()];
    for (const tab of [one, two]) for (let i = 0; i < 3; i++) await tab({ reload: 'b' });
    expect(reloads).toBe(2);
    await page()({ reload: 'b' });
    expect(reloads).toBe(2);
  });

  it('a token that appears while the page is open causes a reload, even the first one', async () => {
    const tab = page({ first: false });
    await tab({ reload: 'a' });
    expect(reloads).toBe(1);
  });

  it('an origin that contradicts itself, or sends a new token each time, causes no reload loop', async () => {
    const session = fakeStorage();
    await page({ session })({ reload: 'start' });
    for (let i = 0; i < 2000; i++) {
      await page({ session })({ reload: `token ${i}` });
      now += 60_000;
    }
    // 33 hours.
    expect(reloads).toBeLessThan(90);
    expect(reloads).toBeGreaterThan(20);
  });

  it('reload, just after a reload: once, as soon as that is allowed', async () => {
    const session = fakeStorage();
    const tab = page({ session, first: false });
    createReloadBudget(session, () => now).take();
    for (const token of ['a', 'a', 'b']) await tab({ reload: token });
    expect([reloads, timers.length]).toEqual([0, 1]);
    now += 60_000;
    timers.pop()!();
    expect([reloads, timers.length]).toEqual([1, 0]);
    // The reloaded page satisfies both orders.
    const next = page({ session });
    for (const token of ['a', 'b']) await next({ reload: token });
    expect([reloads, timers.length]).toEqual([1, 0]);
  });

  it('reload, while the reload of a switched-off worker is pending: is not dropped with it', async () => {
    const session = fakeStorage();
    const tab = page({ session, first: false });
    createReloadBudget(session, () => now).take();
    await tab({ worker: 'off' });
    await tab({ worker: 'on', reload: 'a' });
    now += 60_000;
    timers.pop()!();
    expect([reloads, timers.length]).toEqual([1, 0]);
  });

  it('worker off, for one script after the other: remembers a bounded number of them', async () => {
    for (let i = 0; i < 100; i += 1)
      await page({ script: `${ORIGIN}/sw.${i}.js`, controller: false })({ worker: 'off' });
    expect(shared.current.getItem('tile-cache-off')!.split(' ').length).toBeLessThanOrEqual(16);
    expect(told).toHaveLength(100);
    // The last one is remembered, and is still off.
    await page({ script: `${ORIGIN}/sw.99.js`, controller: false })({ worker: 'off' });
    expect(told).toHaveLength(100);
  });

  it('an order that cannot be recorded is not obeyed', async () => {
    shared.current = { getItem: () => null, setItem: () => undefined };
    const tab = page({ first: false });
    await tab({ reload: 'a' });
    await tab({ reload: 'b' });
    expect(reloads).toBe(0);
  });
});

describe('the budget of reloads', () => {
  it('counts no reload twice, recovers after hours, and survives a changed clock', () => {
    let now = 1e12;
    const session = fakeStorage();
    const budget = createReloadBudget(session, () => now);
    expect(budget.take()).toBe(true);
    expect(budget.take()).toBe(false);
    expect(budget.wait()).toBe(60_000);
    now -= 1e11;
    expect(budget.take()).toBe(false);
    expect(createReloadBudget(session, () => now + 60_000 + 1e11).take()).toBe(true);
    expect(createReloadBudget(undefined, () => now).take()).toBe(false);
    expect(createReloadBudget({ getItem: () => null, setItem: () => undefined }, () => now).take()).toBe(false);
  });

  it('is there again a minute after a clock that was ahead was set back, not when that time comes', () => {
    let now = 1e12;
    const session = fakeStorage();
    const next = () => createReloadBudget(session, () => now);
    expect(next().take()).toBe(true);
    now -= 1e11;
    expect([next().take(), next().wait()]).toEqual([false, 60_000]);
    now += 59_000;
    expect([next().take(), next().wait()]).toEqual([false, 1000]);
    now += 1000;
    expect([next().take(), next().take(), next().wait()]).toEqual([true, false, 120_000]);
  });
});

describe('the field client of a manifest', () => {
  it('is validated by field; unknown members are ignored', () => {
    expect(readOrders({ version: '1', client: { worker: 'off', reload: '2', later: 1 } })).toEqual({
      worker: 'off',
      reload: '2',
    });
    for (const [client, field] of [
      [{ worker: 'pause' }, 'client.worker'],
      [{ worker: true }, 'client.worker'],
      [{ reload: '' }, 'client.reload'],
      [{ reload: 'a b' }, 'client.reload'],
      [{ reload: 'x'.repeat(129) }, 'client.reload'],
      ['off', 'client'],
    ] as const)
      expect(() => readOrders({ client })).toThrow(expect.objectContaining({ code: 'INVALID_MANIFEST', field }));
    expect(readOrders([])).toBeUndefined();
    expect(readOrders({ client: null })).toBeUndefined();
    expect(readOrders({ client: { worker: null, reload: '2' } })).toEqual({ reload: '2' });
    expect(readOrders({ client: { worker: null, reload: null } })).toEqual({});
  });

  it('may be the only field', () => {
    expect(parseManifest(withoutOrders({ client: { worker: 'off' } }))).toEqual({ layers: {} });
    expect(parseManifest(withoutOrders({ client: {}, version: '1' }))).toEqual({ all: { version: '1' }, layers: {} });
  });
});

describe('the client', () => {
  it('obeys before the worker acks anything, in all tabs, and does not register a switched-off worker', async () => {
    const browser = createFakeBrowser();
    browser.activeWorker();
    browser.tileWorker.knobs.lose = 1000;
    const ordered: string[] = [];
    const open = async (name: string) => {
      const tab = browser.openTab();
      Object.assign(tab.container, { getRegistrations: async () => [] });
      const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v', interval: 60 } }, {
        ...tab.env,
        reload: () => void ordered.push(`${name} reloads`),
        session: fakeStorage(),
      } as never);
      await browser.clock.advance(3000);
      const client = await made;
      client.on('ordered', (what) => ordered.push(`${name} ${JSON.stringify(what)}`));
      return { client, tab };
    };
    await open('one');
    await open('two');
    browser.origin.respond = () => Response.json({ client: { worker: 'off' } });
    await browser.clock.advance(70_000);
    await settle();
    expect(ordered.filter((what) => what.includes('reloads')).sort()).toEqual(['one reloads', 'two reloads']);
    expect(browser.stored.get('tile-cache-off')).toMatch(/^\w+$/);
    const registered: string[] = [];
    const next = browser.openTab();
    Object.assign(next.container, { register: async (url: string) => void registered.push(url) });
    const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v' } }, next.env);
    await browser.clock.advance(3000);
    await made;
    expect(registered).toEqual([]);
  });

  it('reports an order from the very first check', async () => {
    const browser = createFakeBrowser();
    browser.activeWorker();
    // The client waits for its worker for three seconds, and has read the manifest meanwhile.
    browser.tileWorker.knobs.lose = 1000;
    browser.origin.respond = () => Response.json({ client: { worker: 'off' } });
    const { env, container } = browser.openTab();
    Object.assign(container, { getRegistrations: async () => [] });
    const own = { ...env, reload: () => {}, session: fakeStorage() };
    const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v' } }, own as never);
    const told: unknown[] = [];
    void made.then((client) => client.on('ordered', (what) => told.push(what)));
    await browser.clock.advance(3000);
    await settle();
    expect(told).toEqual([{ worker: 'off' }]);
  });

  it.each<[string, () => Promise<Response>]>([
    ['fails', () => Promise.reject(new TypeError('no network'))],
    ['finds an error', async () => new Response('', { status: 503 })],
    ['finds a broken manifest', async () => Response.json({ version: 5 })],
  ])('keeps the worker off in all tabs when the first check of a new one %s', async (_, answer) => {
    const browser = createFakeBrowser();
    const registered: string[] = [];
    const told: unknown[] = [];
    const open = async () => {
      const { env, container } = browser.openTab();
      Object.assign(container, {
        controller: null,
        getRegistrations: async () => [],
        register: async (url: string) => void registered.push(url),
      });
      const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v', interval: 60 } }, env);
      await browser.clock.advance(3000);
      const client = await made;
      client.on('ordered', (what) => told.push(what));
      return client;
    };
    browser.origin.respond = () => Response.json({ client: { worker: 'off', message: 'Maps are slow today.' } });
    const tabs = [await open()];
    await settle();
    registered.length = told.length = 0;
    browser.origin.respond = answer;
    await browser.clock.advance(5000);
    tabs.push(await open());
    await browser.clock.advance(90_000);
    await settle();
    expect([registered, told]).toEqual([[], []]);
    expect(tabs.map((tab) => tab.status().message)).toEqual(['Maps are slow today.', 'Maps are slow today.']);
  });

  it('keeps reading versions if an order is mistyped, reports that, and keeps earlier orders', async () => {
    const browser = createFakeBrowser();
    const registered: string[] = [];
    const open = async () => {
      const { env, container } = browser.openTab();
      const register = async (url: string) => void registered.push(url);
      Object.assign(container, { controller: null, getRegistrations: async () => [], register });
      const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v', interval: 60 } }, env);
      await browser.clock.advance(3000);
      return made;
    };
    const says = (version: string, client: object) =>
      (browser.origin.respond = () => Response.json({ layers: { roads: { version } }, client }));
    says('1', { worker: 'off', message: 'Maps are slow today.' });
    const tabs = [await open(), await open()];
    const checks: unknown[] = [];
    for (const tab of tabs)
      tab.on('versioncheck', (check) => checks.push(check.ok ? 'ok' : [check.error.field, check.failures]));
    registered.length = 0;
    says('2', { worker: 'of', message: 'Maps are slow today.' });
    await browser.clock.advance(70_000);
    tabs.push(await open());
    await browser.clock.advance(70_000);
    expect(tabs.map((tab) => tab.version('roads'))).toEqual(['2', '2', '2']);
    expect(tabs.map((tab) => tab.status().failures)).toEqual([0, 0, 0]);
    expect(tabs.map((tab) => tab.status().message)).toEqual(Array(3).fill('Maps are slow today.'));
    expect(checks).toContainEqual(['client.worker', 0]);
    expect(checks.at(-1)).toBe('ok');
    expect(registered).toEqual([]);
    says('2', {});
    await browser.clock.advance(70_000);
    await settle();
    expect(registered.length).toBeGreaterThan(0);
  });
});
