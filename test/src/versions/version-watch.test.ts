import { describe, expect, it } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import type { VersionManifest } from '../../../src/shared/manifest';
import type { ClientEvents, TileCacheClient, TileCacheClientOptions } from '../../../src/page/types';
import { createFakeBrowser, type FakeTab } from '../fake-browser';
import { settle } from '../fake-clock';

const OPTIONS: TileCacheClientOptions = {
  serviceWorker: '/sw.js',
  versions: { url: '/api/tile-version', interval: 60 },
};
const STREAMED = {
  ...OPTIONS,
  versions: { url: '/api/tile-version', interval: 600, stream: '/api/tile-version/stream' },
};
const roads = (version: string, revision?: number): VersionManifest => ({
  layers: { roads: { version, ...(revision !== undefined && { revision }) } },
});

function setUp({ worker = true } = {}) {
  const browser = createFakeBrowser();
  if (worker) browser.activeWorker();
  const serve = (manifest: VersionManifest) => (browser.origin.respond = () => Response.json(manifest));
  return { ...browser, serve };
}

type Browser = ReturnType<typeof setUp>;

interface Opened {
  tab: FakeTab;
  client: TileCacheClient;
  changes: Array<ClientEvents['versionchange']>;
  checks: Array<ClientEvents['versioncheck']>;
}

async function open(
  browser: Browser,
  tabOptions: Parameters<Browser['openTab']>[0] = {},
  options = OPTIONS,
): Promise<Opened> {
  const tab = browser.openTab(tabOptions);
  const made = createTileCacheClient(options, tab.env);
  await browser.clock.advance(0);
  const client = await made;
  const changes: Opened['changes'] = [];
  const checks: Opened['checks'] = [];
  client.on('versionchange', (change) => changes.push(change));
  client.on('versioncheck', (check) => checks.push(check));
  return { tab, client, changes, checks };
}

describe('watching the versions', () => {
  it('notifies the worker first, then every tab, once', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    const two = await open(browser);
    await settle();
    expect(one.client.version('roads')).toBe('a');
    expect([one.changes, two.changes]).toEqual([[], []]);
    browser.serve(roads('b'));
    await browser.clock.advance(70_000);
    const change = [{ layer: 'roads', version: 'b', previous: 'a' }];
    expect([one.changes, two.changes]).toEqual([change, change]);
    expect(browser.tileWorker.versions.get('roads')?.version).toBe('b');
    await browser.clock.advance(300_000);
    expect([one.changes.length, two.changes.length]).toEqual([1, 1]);
  });

  it('emits nothing before the worker has acked, even if messages get lost', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    browser.serve(roads('b'));
    browser.tileWorker.knobs.lose = 3;
    const checked = one.client.check();
    await browser.clock.advance(1000);
    expect(one.changes).toEqual([]);
    expect(one.client.version('roads')).toBe('a');
    await browser.clock.advance(5000);
    await checked;
    expect(one.changes).toHaveLength(1);
  });

  it.each([
    ['layers', roads('a'), roads('b')],
    ['all', { version: 'a' }, { version: 'b' }],
  ] as const)('reports a change once if acks get lost (%s)', async (_, before, after) => {
    const browser = setUp();
    browser.serve(before);
    const one = await open(browser);
    const two = await open(browser);
    await browser.clock.advance(1000);
    browser.serve(after);
    browser.tileWorker.knobs.loseAcks = 2;
    const checked = one.client.check();
    await browser.clock.advance(5000);
    await checked;
    expect([one, two].map(({ changes }) => changes.map(({ version }) => version))).toEqual([['b'], ['b']]);
    expect(one.client.version('roads')).toBe('b');
  });

  it('reports to a restarted page what changed since the worker last heard', async () => {
    const browser = setUp();
    browser.tileWorker.versions.set('roads', { version: 'a', revision: undefined, confirmedAt: 0 });
    let answer: (response: Response) => void = () => {};
    browser.origin.respond = () => new Promise((resolve) => (answer = resolve));
    const one = await open(browser);
    expect(one.client.version('roads')).toBe('a');
    answer(Response.json(roads('b')));
    await settle();
    expect(one.changes).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
  });

  it('confirms an unchanged version with each check', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    await open(browser);
    await browser.clock.advance(130_000);
    const confirmed = browser.tileWorker.told.map(({ confirmedAt }) => confirmedAt);
    expect(confirmed).toHaveLength(3);
    expect([...confirmed].sort()).toEqual(confirmed);
  });

  it('follows the worker when it is ahead of the endpoint', async () => {
    const browser = setUp();
    browser.serve(roads('a', 1));
    const one = await open(browser);
    await browser.clock.advance(1000);
    // A purge gave the worker revision 3; the endpoint still has 2.
    browser.tileWorker.versions.set('roads', { version: 'c', revision: 3, confirmedAt: 0 });
    browser.serve(roads('b', 2));
    await one.client.check();
    expect(one.changes).toEqual([{ layer: 'roads', version: 'c', previous: 'a' }]);
    expect(one.client.version('roads')).toBe('c');
  });

  it('accepts one version for all layers', async () => {
    const browser = setUp();
    browser.serve({ version: '1' });
    const one = await open(browser);
    await browser.clock.advance(1000);
    expect(one.client.version('anything')).toBe('1');
    browser.serve({ version: '2' });
    await one.client.check();
    expect(one.changes).toEqual([{ layer: '*', version: '2', previous: '1' }]);
    expect(one.client.version('anything')).toBe('2');
  });
});

describe('without a worker', () => {
  it('the page and its other tabs still hear of changes', async () => {
    const browser = setUp({ worker: false });
    browser.serve(roads('a'));
    const one = await open(browser, { worker: false });
    const two = await open(browser, { worker: false });
    await browser.clock.advance(1000);
    browser.serve(roads('b'));
    await browser.clock.advance(70_000);
    const change = [{ layer: 'roads', version: 'b', previous: 'a' }];
    expect([one.changes, two.changes]).toEqual([change, change]);
  });

  it('the last known version outlives the page', async () => {
    const browser = setUp({ worker: false });
    browser.serve(roads('a'));
    const one = await open(browser, { worker: false });
    await browser.clock.advance(1000);
    one.client.close();
    browser.serve(roads('b'));
    await browser.clock.advance(100_000);
    const two = await open(browser, { worker: false });
    await settle();
    expect(two.client.version('roads')).toBe('b');
    browser.serve(roads('c'));
    await two.client.check();
    expect(two.changes).toEqual([{ layer: 'roads', version: 'c', previous: 'b' }]);
  });

  it('a page that opens just after a check sends no request, and knows the time of the check', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await settle();
    const { checkedAt } = one.client.status();
    expect(checkedAt).toBeDefined();
    one.client.close();
    await browser.clock.advance(500);
    const asked = browser.requests.length;
    const next = await open(browser);
    await settle();
    expect(browser.requests).toHaveLength(asked);
    expect(next.client.status().checkedAt).toBe(checkedAt);
  });

  it('a check that ends because the page unloads does not count; the next page makes its own at once', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    const other = await open(browser);
    await settle();
    let leave!: (cause: Error) => void;
    browser.origin.respond = () => new Promise((_, reject) => (leave = reject));
    const before = [one, other].map(({ checks }) => checks.length);
    void one.client.check();
    await settle();
    one.tab.env.window.dispatchEvent(new Event('pagehide'));
    leave(new TypeError('Failed to fetch'));
    await settle();
    expect([one, other].map(({ checks }) => checks.length)).toEqual(before);
    expect(other.client.status().failures).toBe(0);
    browser.serve(roads('a'));
    one.client.close();
    other.client.close();
    await browser.clock.advance(5000);
    const next = await open(browser);
    await settle();
    expect(next.client.status().checkedAt).toBe(browser.clock.now());
  });

  it('a page that returns from the bfcache counts its failures again', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await settle();
    one.tab.env.window.dispatchEvent(new Event('pagehide'));
    browser.origin.respond = () => new Response(null, { status: 500 });
    await browser.clock.advance(5000);
    one.tab.env.window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    await settle();
    expect(one.checks.at(-1)).toMatchObject({ ok: false, failures: 1 });
  });

  it('a page that opens just after a failed check makes one of its own', async () => {
    const browser = setUp();
    browser.origin.respond = () => new Response(null, { status: 500 });
    const one = await open(browser);
    await settle();
    one.client.close();
    browser.serve(roads('a'));
    await browser.clock.advance(500);
    const next = await open(browser);
    await settle();
    expect(next.client.status()).toMatchObject({ failures: 0, checkedAt: browser.clock.now() });
  });

  it('a worker that arrives later gets the manifest that was read before', async () => {
    const browser = setUp({ worker: false });
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    expect(browser.tileWorker.told).toEqual([]);
    const worker = browser.activeWorker();
    worker.state = 'activated';
    one.tab.container.control(worker);
    await browser.clock.advance(0);
    expect(browser.tileWorker.told).toMatchObject([{ manifest: roads('a') }]);
  });

  it('a worker that arrives during a check gets only the newer version, once', async () => {
    const browser = setUp({ worker: false });
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    let answer: (response: Response) => void = () => {};
    browser.origin.respond = () => new Promise((resolve) => (answer = resolve));
    const checked = one.client.check();
    await settle();
    one.tab.container.control(browser.activeWorker());
    one.tab.container.control(browser.activeWorker());
    answer(Response.json(roads('b')));
    await checked;
    await browser.clock.advance(1000);
    expect(browser.tileWorker.told).toMatchObject([{ manifest: roads('b') }]);
    expect(one.client.version('roads')).toBe('b');
    expect(one.changes).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
  });

  it('a worker that cannot store versions does not stop the page', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    browser.tileWorker.knobs.refuse = { code: 'STORAGE_FAILED', message: 'full', remedy: 'Free storage.' };
    browser.serve(roads('b'));
    await one.client.check();
    expect(one.changes).toHaveLength(1);
  });

  it('a worker that never answers is reported, and the version stays', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    browser.tileWorker.knobs.lose = Infinity;
    browser.serve(roads('b'));
    const checked = one.client.check();
    await browser.clock.advance(31_000);
    await checked;
    expect(one.checks.at(-1)).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
    expect(one.client.version('roads')).toBe('a');
    browser.tileWorker.knobs.lose = 0;
    await one.client.check();
    expect(one.changes).toHaveLength(1);
  });
});

describe('a change that one tab hears of without a check', () => {
  const change = [{ layer: 'roads', version: 'b', previous: 'a' }];

  /** Two tabs at version a; the second is hidden and has no stream. */
  async function openTwo(browser: Browser, worker: boolean): Promise<[Opened, Opened]> {
    browser.serve(roads('a'));
    const one = await open(browser, { worker }, STREAMED);
    const two = await open(browser, { worker }, STREAMED);
    await browser.clock.advance(1000);
    two.tab.show('hidden');
    return [one, two];
  }

  it.each([true, false])('comes once in every tab (with a worker: %s)', async (worker) => {
    const browser = setUp({ worker });
    const [one, two] = await openTwo(browser, worker);
    const checks = two.checks.length;
    browser.serve(roads('b'));
    one.tab.sources[0]!.onmessage!({ data: JSON.stringify(roads('b')) });
    await settle();
    expect([one.changes, two.changes]).toEqual([change, change]);
    // This was no check.
    expect(two.checks).toHaveLength(checks);
    two.tab.show('visible');
    two.tab.sources.at(-1)!.onmessage!({ data: JSON.stringify(roads('b')) });
    await browser.clock.advance(2_000_000);
    expect([one.changes, two.changes]).toEqual([change, change]);
    expect([one, two].map(({ client }) => client.version('roads'))).toEqual(['b', 'b']);
  });

  it('is not reverted by a tab that has not heard of it', async () => {
    const browser = setUp({ worker: false });
    const [one, two] = await openTwo(browser, false);
    let answer: (response: Response) => void = () => {};
    browser.origin.respond = () => new Promise((resolve) => (answer = resolve));
    const checked = two.client.check();
    await settle();
    one.tab.sources[0]!.onmessage!({ data: JSON.stringify(roads('b')) });
    await settle();
    // The request precedes the announcement, the answer follows it: tab two now knows an older version than tab one.
    answer(Response.json(roads('a')));
    await checked;
    await settle();
    expect(one.client.version('roads')).toBe('b');
    browser.serve(roads('b'));
    await browser.clock.advance(2_000_000);
    expect([one, two].map(({ client }) => client.version('roads'))).toEqual(['b', 'b']);
    expect(one.changes).toEqual(change);
  });

  it('reaches a page that was frozen, without another request', async () => {
    const browser = setUp({ worker: false });
    browser.serve(roads('a'));
    const one = await open(browser, { worker: false });
    const two = await open(browser, { worker: false });
    await browser.clock.advance(10_000);
    browser.serve(roads('b'));
    two.tab.leave();
    await one.client.check();
    expect(two.changes).toEqual([]);
    const asked = browser.requests.length;
    two.tab.comeBack();
    await settle();
    expect(two.changes).toEqual(change);
    expect(browser.requests).toHaveLength(asked);
  });
});

describe('an endpoint that fails', () => {
  const failures: Array<[string, string, () => Response | Promise<Response>]> = [
    ['answers an error', 'NETWORK_FAILED', () => new Response(null, { status: 500 })],
    ['answers garbage', 'INVALID_MANIFEST', () => new Response('<html>')],
    ['hangs', 'TIMEOUT', () => new Promise(() => {})],
    ['is unreachable', 'NETWORK_FAILED', () => Promise.reject(new TypeError('network'))],
    ['sends far too much', 'LIMIT_EXCEEDED', () => new Response('x'.repeat(300_000))],
  ];

  it.each(failures)('%s: the last version stays, an event says so, and checks recover', async (_, code, respond) => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    browser.origin.respond = respond;
    await browser.clock.advance(80_000);
    expect(one.checks.at(-1)).toMatchObject({ ok: false, failures: 1, error: { name: 'TileCacheError', code } });
    expect(one.client.version('roads')).toBe('a');
    expect(one.client.status()).toMatchObject({ failures: 1 });
    browser.serve(roads('b'));
    await browser.clock.advance(130_000);
    expect(one.checks.at(-1)).toMatchObject({ ok: true });
    expect(one.changes).toHaveLength(1);
    expect(one.client.status()).toMatchObject({ failures: 0 });
  });

  it('is requested ever more rarely, by all tabs together', async () => {
    const browser = setUp();
    browser.origin.respond = () => new Response(null, { status: 500 });
    await open(browser);
    await open(browser);
    await browser.clock.advance(3_600_000);
    // 10 intervals at most, half of that with the jitter of 0.5 at 0.75: 450 s.
    expect(browser.requests.length).toBeLessThan(15);
    expect(browser.requests.length).toBeGreaterThan(7);
  });
});

describe('several tabs', () => {
  it('make one request per interval, together', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const random = [0.1, 0.4, 0.6, 0.9];
    for (const r of random) await open(browser, { random: () => r });
    await browser.clock.advance(600_000);
    expect(browser.requests.length).toBeGreaterThanOrEqual(9);
    expect(browser.requests.length).toBeLessThanOrEqual(12);
  });

  it('all hear of each check, failed or not', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser, { random: () => 0 });
    const two = await open(browser, { random: () => 1 });
    await browser.clock.advance(56_000);
    expect(two.checks.at(-1)).toMatchObject({ ok: true });
    browser.origin.respond = () => new Response(null, { status: 500 });
    await browser.clock.advance(60_000);
    expect(browser.requests.every(({ tab }) => tab === 0)).toBe(true);
    expect([one, two].map(({ checks }) => checks.at(-1))).toMatchObject([
      { failures: 1 },
      { failures: 1, error: { code: 'NETWORK_FAILED' } },
    ]);
  });

  it('a closed or suspended one does not starve the others', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser, { random: () => 0 });
    const two = await open(browser, { random: () => 0.2 });
    const three = await open(browser, { random: () => 0.5 });
    one.client.close();
    two.tab.suspend();
    browser.serve(roads('b'));
    await browser.clock.advance(70_000);
    expect(three.changes).toHaveLength(1);
    expect(browser.requests.at(-1)?.tab).toBe(2);
  });

  /** The browser connects a new channel some time after its creation. */
  const deaf = () => ({ postMessage() {}, close() {} }) as unknown as BroadcastChannel;

  it('one that loads while another checks, and does not hear it yet, still learns the outcome', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(5000);
    let answer: (response: Response) => void = () => {};
    browser.origin.respond = () => new Promise((resolve) => (answer = resolve));
    void one.client.check();
    await settle();
    const name = [...browser.stored.keys()][0]!;
    browser.held.add(name);
    // What another process writes arrives some milliseconds late.
    const { env } = browser.openTab();
    const { storage } = env as never as { storage: Storage };
    const before = storage.getItem(name);
    const late = { ...storage, getItem: (key: string) => (key === name && isLate ? before : storage.getItem(key)) };
    let isLate = true;
    const two = createTileCacheClient(OPTIONS, { ...env, storage: late, broadcast: deaf } as never);
    await browser.clock.advance(0);
    expect((await two).version('roads')).toBe('a');
    answer(Response.json(roads('b')));
    await browser.clock.advance(100);
    browser.release(name);
    await browser.clock.advance(100);
    isLate = false;
    await browser.clock.advance(1000);
    expect((await two).version('roads')).toBe('b');
    expect((await two).status().checkedAt).toBe(one.client.status().checkedAt);
    expect(browser.requests).toHaveLength(2);
  });

  it('one whose turn comes just after another’s check adopts that result', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const tab = browser.openTab();
    let take = () => {};
    const taken = new Promise<void>((resolve) => (take = resolve));
    const request = async (...all: unknown[]) => {
      await taken;
      return (tab.env as never as { locks: { request(...all: unknown[]): unknown } }).locks.request(...all);
    };
    const late = createTileCacheClient(OPTIONS, { ...tab.env, broadcast: deaf, locks: { request } } as never);
    await browser.clock.advance(0);
    await settle();
    await open(browser);
    await settle();
    take();
    await settle();
    expect((await late).version('roads')).toBe('a');
    expect((await late).status().checkedAt).toBeGreaterThan(0);
    expect(browser.requests.map((one) => one.tab)).toEqual([1]);
  });

  it('one that is frozen while it has the lock is skipped after a while', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    await open(browser);
    const name = [...browser.stored.keys()][0]!;
    browser.held.add(name);
    await browser.clock.advance(140_000);
    expect(browser.requests).toHaveLength(1);
    await browser.clock.advance(200_000);
    expect(browser.requests.length).toBeGreaterThan(1);
  });

  it('a hidden one leaves the checks to a visible one, but checks if it is alone', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const hidden = await open(browser, { random: () => 0 });
    hidden.tab.show('hidden');
    const visible = await open(browser, { random: () => 1 });
    await browser.clock.advance(100_000);
    const before = browser.requests.length;
    await browser.clock.advance(600_000);
    expect(browser.requests.slice(before).every(({ tab }) => tab === 1)).toBe(true);
    visible.client.close();
    const alone = browser.requests.length;
    await browser.clock.advance(600_000);
    expect(browser.requests.length - alone).toBeGreaterThanOrEqual(6);
  });

  it('without Web Locks all check, except just after another’s check', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    for (const r of [0.1, 0.5, 0.9]) await open(browser, { locks: false, random: () => r });
    await browser.clock.advance(600_000);
    expect(browser.requests.length).toBeLessThanOrEqual(12);
    expect(browser.requests.length).toBeGreaterThanOrEqual(9);
  });

  it('with different workers or endpoints do not share results', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    await open(browser);
    await open(browser, {}, { ...OPTIONS, versions: { url: '/other' } });
    await settle();
    expect(browser.requests.map(({ url }) => new URL(url).pathname)).toEqual(['/api/tile-version', '/other']);
  });
});

it('a manifest that a cache has kept for hours confirms that earlier time, in every tab and after a reload', async () => {
  const browser = setUp();
  let age = 7200;
  browser.origin.respond = () => Response.json(roads('a'), { headers: { age: String(age) } });
  const one = await open(browser);
  const two = await open(browser);
  await browser.clock.advance(70_000);
  const hours = ({ client }: Opened) => {
    const { checkedAt, summary } = client.status();
    return [(browser.clock.now() - checkedAt!) / 3_600_000, summary!.checked! / 3600].map(Math.round);
  };
  for (const tab of [one, two]) {
    expect(hours(tab)).toEqual([2, 2]);
    expect(tab.checks.at(-1)).toMatchObject({ ok: true });
  }
  const next = await open(browser);
  expect(hours(next)).toEqual([2, 2]);
  // One node has asked its origin, the other has not: the confirmation remains.
  age = 0;
  await browser.clock.advance(70_000);
  expect(hours(one)).toEqual([0, 0]);
  age = 14_400;
  await browser.clock.advance(130_000);
  for (const tab of [one, two, next]) expect(hours(tab)).toEqual([0, 0]);
});

describe('coming back', () => {
  const events: Array<[string, (tab: FakeTab) => void]> = [
    ['the page is visible again', (tab) => (tab.show('hidden'), tab.show('visible'))],
    ['the network is back', (tab) => void tab.env.window.dispatchEvent(new Event('online'))],
    ['a frozen page is resumed', (tab) => void tab.env.document.dispatchEvent(new Event('resume'))],
    [
      'the page comes from the bfcache',
      (tab) => void tab.env.window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })),
    ],
  ];

  it.each(events)('checks at once when %s', async (_, happen) => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(10_000);
    expect(browser.requests).toHaveLength(1);
    happen(one.tab);
    await settle();
    expect(browser.requests).toHaveLength(2);
    // Another event within seconds causes no check.
    happen(one.tab);
    await settle();
    expect(browser.requests).toHaveLength(2);
  });

  it('after a suspension of hours checks once, and continues', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    one.tab.suspend();
    await browser.clock.advance(8 * 3_600_000);
    expect(browser.requests).toHaveLength(1);
    browser.serve(roads('b'));
    one.tab.resume();
    await browser.clock.advance(1000);
    expect(browser.requests).toHaveLength(2);
    expect(one.changes).toHaveLength(1);
    await browser.clock.advance(65_000);
    expect(browser.requests).toHaveLength(3);
  });

  it.each([-7_200_000, 7_200_000])('a clock set by %i ms stops nothing', async (jump) => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    browser.clock.jump(jump);
    browser.serve(roads('b'));
    await browser.clock.advance(80_000);
    expect(one.changes).toHaveLength(1);
    const before = browser.requests.length;
    await browser.clock.advance(300_000);
    expect(browser.requests.length - before).toBeGreaterThanOrEqual(4);
  });
});

describe('a CDN node that lags, without revisions', () => {
  it('does not make the pages flip', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    browser.serve(roads('b'));
    await one.client.check();
    let n = 0;
    browser.origin.respond = () => Response.json(roads(n++ % 2 ? 'b' : 'a'));
    await browser.clock.advance(900_000);
    expect(one.changes).toHaveLength(1);
    expect(browser.tileWorker.told.slice(1).every(({ manifest }) => JSON.stringify(manifest).includes('"b"'))).toBe(
      true,
    );
  });

  it('and then fails is still requested ever more rarely', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    await browser.clock.advance(1000);
    browser.serve(roads('b'));
    await one.client.check();
    browser.serve(roads('a'));
    await one.client.check();
    browser.origin.respond = () => new Response(null, { status: 503 });
    const before = browser.requests.length;
    await browser.clock.advance(600_000);
    expect(browser.requests.length - before).toBeLessThan(6);
    // The doubt remains, and is resolved as soon as there are answers.
    browser.serve(roads('a'));
    await one.client.check();
    await browser.clock.advance(7000);
    expect(one.changes.map(({ version }) => version)).toEqual(['b', 'a']);
  });

  it('a true rollback comes seconds later, in every tab', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser);
    const two = await open(browser);
    await browser.clock.advance(1000);
    browser.serve(roads('b'));
    await one.client.check();
    browser.serve(roads('a'));
    await one.client.check();
    expect(one.client.version('roads')).toBe('b');
    await browser.clock.advance(7000);
    expect([one, two].map(({ client }) => client.version('roads'))).toEqual(['a', 'a']);
    expect(two.changes.map(({ version }) => version)).toEqual(['b', 'a']);
  });
});

describe('a version in the address', () => {
  it('is the provisional first one, also for the worker, without proof', async () => {
    const browser = setUp();
    browser.origin.respond = () => Promise.reject(new TypeError('network'));
    const one = await open(browser, { href: 'https://maps.example/map?tileVersion=roads:b,places%252Cx:9' });
    await settle();
    expect([one.client.version('roads'), one.client.version('places,x')]).toEqual(['b', '9']);
    expect(browser.tileWorker.told).toMatchObject([{ confirmedAt: 0 }]);
    browser.serve(roads('c'));
    await one.client.check();
    expect(one.changes).toEqual([{ layer: 'roads', version: 'c', previous: 'b' }]);
  });

  it('works without an endpoint', async () => {
    const browser = setUp();
    const one = await open(browser, { href: 'https://maps.example/map?tileVersion=b7' }, { serviceWorker: '/sw.js' });
    await settle();
    expect(one.client.version('roads')).toBe('b7');
  });

  it('does not override a known version, but triggers a check', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    await open(browser);
    await settle();
    const frame = await open(browser, { href: 'https://maps.example/map?tileVersion=roads:z' });
    await settle();
    expect(frame.client.version('roads')).toBe('a');
    expect(browser.requests).toHaveLength(2);
  });

  it.each(['', ':', 'roads:', 'a b', 'roads:a,:b', 'roads:%20', '%E0%A4%A', 'roads:' + 'x'.repeat(200)])(
    'is ignored when malformed: %j',
    async (value) => {
      const browser = setUp();
      browser.origin.respond = () => Promise.reject(new TypeError('network'));
      const one = await open(browser, { href: `https://maps.example/map?tileVersion=${value}` });
      await settle();
      expect(one.client.version('roads')).toBeUndefined();
      expect(browser.tileWorker.told).toEqual([]);
    },
  );
});

describe('a revision that went too high', () => {
  /** One absurd message froze the layer in the worker. */
  async function frozen(options = OPTIONS) {
    const browser = setUp();
    browser.serve(roads('a', 1));
    const one = await open(browser, {}, options);
    await browser.clock.advance(1000);
    browser.tileWorker.versions.set('roads', { version: 'a', revision: 9e15, confirmedAt: 0 });
    const notices: Array<ClientEvents['notice']> = [];
    one.client.on('notice', (notice) => notices.push(notice));
    browser.serve(roads('b', 2));
    return { browser, notices, ...one };
  }

  it('is overruled after several consistent checks, and reported meanwhile', async () => {
    const { browser, changes, notices, client } = await frozen();
    await browser.clock.advance(120_000);
    expect(changes).toEqual([]);
    await browser.clock.advance(300_000);
    expect(changes).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
    expect(client.version('roads')).toBe('b');
    expect(notices).toEqual([{ notice: 'lowerrevision', layer: 'roads', detail: '2, below 9000000000000000' }]);
    expect(browser.tileWorker.versions.get('roads')).toMatchObject({ version: 'b', revision: 2 });
  });

  it('is final if the option says so', async () => {
    const versions = { url: '/api/tile-version', interval: 60, believeAfter: { checks: Infinity } };
    const { browser, changes } = await frozen({ ...OPTIONS, versions });
    await browser.clock.advance(3_600_000);
    expect(changes).toEqual([]);
  });
});

it('a layer for which the worker has no room fails the check, but affects no other layer', async () => {
  const browser = setUp();
  browser.serve({ layers: { roads: { version: 'a' }, more: { version: 'a' } } });
  const one = await open(browser);
  await browser.clock.advance(1000);
  browser.tileWorker.knobs.noRoom = ['more'];
  browser.serve({ layers: { roads: { version: 'b' }, more: { version: 'b' } } });
  await one.client.check();
  expect(one.changes).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
  expect(one.checks.at(-1)).toMatchObject({ ok: false, error: { code: 'LIMIT_EXCEEDED' } });
  expect((one.checks.at(-1) as { error: Error }).error.message).toContain('more');
  expect(one.client.version('more')).toBe('a');
});

describe('a stream', () => {
  it('brings a repaired version to the worker even if the page knows it', async () => {
    const browser = setUp();
    browser.serve(roads('b', 2));
    const one = await open(browser, {}, STREAMED);
    await browser.clock.advance(1000);
    const say = async (manifest: VersionManifest) => {
      one.tab.sources[0]!.onmessage!({ data: JSON.stringify(manifest) });
      await settle();
    };
    const before = browser.tileWorker.told.length;
    await say(roads('b', 2));
    expect(browser.tileWorker.told).toHaveLength(before);
    const again = { layers: { roads: { version: 'b', revision: 3, changes: [{ from: 'b' }] } } };
    await say(again);
    expect(browser.tileWorker.told.slice(before).map(({ manifest }) => manifest)).toEqual([again]);
    await say(again);
    expect(browser.tileWorker.told).toHaveLength(before + 1);
  });

  it('brings changes at once', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser, {}, STREAMED);
    await browser.clock.advance(1000);
    expect(one.tab.sources.map(({ url }) => url)).toEqual(['https://maps.example/api/tile-version/stream']);
    one.tab.sources[0]!.onmessage!({ data: JSON.stringify(roads('b')) });
    await settle();
    expect(one.changes).toHaveLength(1);
    expect(browser.requests).toHaveLength(1);
    // An event confirms nothing new: it may have been buffered for hours.
    const told = browser.tileWorker.told;
    expect(told.at(-1)!.confirmedAt).toBe(told.at(-2)!.confirmedAt);
  });

  it.each([
    ['garbage', 'INVALID_MANIFEST', 'no json'],
    ['an invalid manifest', 'INVALID_MANIFEST', '{"layers":{"roads":{"version":7}}}'],
    ['too much', 'LIMIT_EXCEEDED', ' '.repeat(300_000)],
  ])('that sends %s changes nothing and is reported', async (_, code, data) => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser, {}, STREAMED);
    await browser.clock.advance(1000);
    one.tab.sources[0]!.onmessage!({ data });
    await settle();
    expect(one.checks.at(-1)).toMatchObject({ ok: false, error: { code } });
    expect(one.client.version('roads')).toBe('a');
  });

  it('whose event is in delivery when the next check is due does not end the checks', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser, {}, { ...STREAMED, versions: { ...STREAMED.versions, interval: 60 } });
    await browser.clock.advance(59_000);
    browser.serve(roads('b'));
    browser.tileWorker.knobs.lose = 3;
    one.tab.sources[0]!.onmessage!({ data: JSON.stringify(roads('b')) });
    await browser.clock.advance(2000);
    expect(one.changes).toEqual([]);
    const before = browser.requests.length;
    await browser.clock.advance(3_600_000);
    expect(one.changes).toHaveLength(1);
    expect(browser.requests.length - before).toBeGreaterThanOrEqual(55);
  });

  it('that the browser gave up is opened again after the next good check; until then the client polls', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser, {}, STREAMED);
    await browser.clock.advance(1000);
    one.tab.sources[0]!.readyState = 2;
    one.tab.sources[0]!.onerror!();
    browser.serve(roads('b'));
    await browser.clock.advance(700_000);
    expect(one.changes).toHaveLength(1);
    expect(one.tab.sources).toHaveLength(2);
  });

  it('is closed while the page is hidden, and with the client', async () => {
    const browser = setUp();
    browser.serve(roads('a'));
    const one = await open(browser, {}, STREAMED);
    await browser.clock.advance(1000);
    one.tab.show('hidden');
    expect(one.tab.sources[0]!.readyState).toBe(2);
    one.tab.show('visible');
    expect(one.tab.sources).toHaveLength(2);
    one.client.close();
    expect(one.tab.sources[1]!.readyState).toBe(2);
  });
});

it('close leaves no timer or connection', async () => {
  const browser = setUp();
  browser.serve(roads('a'));
  const one = await open(browser);
  await browser.clock.advance(1000);
  one.client.close();
  expect(browser.clock.pending()).toBe(0);
  const before = browser.requests.length;
  one.tab.show('visible');
  one.tab.env.window.dispatchEvent(new Event('online'));
  await browser.clock.advance(600_000);
  await one.client.check();
  expect(browser.requests).toHaveLength(before);
});
