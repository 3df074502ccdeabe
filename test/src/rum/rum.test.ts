import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmitter } from '../../../src/page/events';
import * as tools from '../../../src/client/on-demand';
import { startRum } from '../../../src/rum/index';
import { onePerDocument } from '../../../src/rum/vitals';
import { createRumQueue, MOST_BATCHES, OLDEST_BATCH } from '../../../src/rum/queue';
import { parseRumBatch } from '../../../src/shared/parse-rum';
import type { TileUse } from '../../../src/shared/tile-use';
import { RUM_SCHEMA, RUM_VIEW_EVENT, type RumBatch } from '../../../src/shared/rum-schema';
import type { ClientEvents, RumOptions } from '../../../src/page/types';
import { createFakeBrowser } from '../fake-browser';
import { settle } from '../fake-clock';

const use: TileUse = { layer: 'roads', tile: { z: 5, x: 7, y: 9 }, status: 'hit', age: 30, duration: 1, code: 200 };

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

/** A site whose pages measure; they share the browser, the sink and the queue. */
function createSite() {
  const browser = createFakeBrowser();
  const sink = {
    batches: [] as RumBatch[],
    types: [] as string[],
    beacons: true,
    status: 204,
    dead: false,
    hangs: false,
  };
  const network = { onLine: true };
  // As in web-vitals, each observer gets all measurements, with its own ids.
  const observers: Array<Parameters<Parameters<typeof onePerDocument>[0]>[0]> = [];
  const vitals = onePerDocument((report) => observers.push(report));
  const measure = (name: string, value: number, id: string) => {
    for (const [i, report] of observers.entries())
      report({ id: `${id}-${i}`, name, value, rating: 'good', attribution: {} } as unknown as Parameters<
        typeof report
      >[0]);
  };

  async function receive(body: Blob | string, type: string): Promise<void> {
    const text = typeof body === 'string' ? body : await body.text();
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(61_440);
    sink.batches.push(parseRumBatch(JSON.parse(text)));
    sink.types.push(type);
  }

  function open(
    options: Partial<RumOptions> = {},
    early: TileUse[] = [],
    href = 'https://maps.example/map?token=hush',
  ) {
    const tab = browser.openTab({ href });
    const closing = new AbortController();
    const { on, emit } = createEmitter<ClientEvents>();
    const env = {
      ...tab.env,
      onLine: () => network.onLine,
      fetch: async (_: unknown, init?: RequestInit) => {
        if (sink.dead) throw new TypeError('network');
        if (sink.hangs)
          await new Promise((_, reject) => {
            init!.signal?.addEventListener('abort', () => reject(init!.signal!.reason as Error));
          });
        if (sink.status < 300)
          await receive(init!.body as string, (init!.headers as Record<string, string>)['Content-Type']!);
        return new Response(null, { status: sink.status });
      },
    };
    startRum(
      {
        env,
        options: { endpoint: 'https://maps.example/rum', ...options },
        early: early.length > 0 ? [{ uses: early }] : [],
        on,
        versions: () => ({ roads: 'a' }),
        offline: () => !network.onLine,
        closed: closing.signal,
        tools,
      },
      {
        vitals,
        sendBeacon: (_, body) => {
          if (sink.beacons) void receive(body, body.type);
          return sink.beacons;
        },
      },
    );
    return { tab, on, closing, emit, use: (uses: TileUse[] = [use]) => emit('used', { uses }) };
  }

  const counted = () => sink.batches.flatMap(({ tiles }) => tiles).reduce((n, { count }) => n + count, 0);
  const wait = async (ms: number) => {
    await browser.clock.advance(ms);
    await settle(60);
  };
  return { browser, sink, network, open, counted, wait, measure, observers };
}

describe('measuring', () => {
  it('sends what was counted at intervals, and when the page is hidden', async () => {
    const site = createSite();
    const page = site.open({ region: 'eu-1', experiment: 'swr-off', sample: 0.5 }, [use]);
    page.use();
    await site.wait(29_000);
    expect(site.sink.batches).toHaveLength(0);
    await site.wait(1000);
    expect(site.sink.batches).toMatchObject([
      {
        page: '/map',
        region: 'eu-1',
        experiment: 'swr-off',
        sample: 0.5,
        versions: { roads: 'a' },
        tiles: [{ count: 2 }],
      },
    ]);
    page.use();
    page.tab.show('hidden');
    await settle();
    expect(site.counted()).toBe(3);
    page.tab.env.window.dispatchEvent(new Event('pagehide'));
    await site.wait(120_000);
    expect(site.sink.batches).toHaveLength(2);
  });

  it('sends nothing if nothing was used, and the rest when it is closed', async () => {
    const site = createSite();
    const page = site.open();
    await site.wait(90_000);
    expect(site.sink.batches).toHaveLength(0);
    page.use();
    page.closing.abort();
    await settle();
    expect(site.counted()).toBe(1);
    page.use();
    await site.wait(90_000);
    expect(site.counted()).toBe(1);
    expect(site.browser.clock.pending()).toBe(0);
  });

  it('keeps the metrics of views within the collector’s limits, whatever the clock did', async () => {
    const site = createSite();
    const page = site.open({}, [use]);
    const values = [12, 1.7e9, -5, NaN];
    for (const value of values) {
      const detail = { on: page.on, view: { name: 'view-age', layer: 'roads', value } };
      page.tab.env.window.dispatchEvent(new CustomEvent(RUM_VIEW_EVENT, { detail, cancelable: true }));
    }
    await site.wait(30_000);
    expect(site.sink.batches.flatMap(({ views = [] }) => views.map(({ value }) => value))).toEqual([
      12, 315_576_000, 0, 0,
    ]);
    expect(site.counted()).toBe(1);
  });

  it('has no secret from the address', async () => {
    const site = createSite();
    const page = site.open();
    page.use();
    await site.wait(30_000);
    expect(JSON.stringify(site.sink.batches)).not.toContain('hush');
  });

  it('uses a plain type across origins, which needs no preflight', async () => {
    const site = createSite();
    site.open({ endpoint: 'https://collector.example/rum' }, [use]);
    site.open({}, [use]);
    await site.wait(30_000);
    expect(site.sink.types.sort()).toEqual(['application/json', 'text/plain']);
  });

  it('has one session per page view', async () => {
    const site = createSite();
    const page = site.open({}, [use]);
    site.open({}, [use]);
    await site.wait(30_000);
    page.use();
    await site.wait(30_000);
    const sessions = site.sink.batches.map(({ session }) => session);
    expect(sessions).toHaveLength(3);
    expect(new Set(sessions).size).toBe(2);
  });
});

describe('the vitals of a page', () => {
  it('are sent once, however many clients it has had, including those measured without one', async () => {
    const site = createSite();
    for (let i = 0; i < 3; i++) {
      const page = site.open({}, [use]);
      site.measure('LCP', 1200, 'lcp');
      page.closing.abort();
      await settle();
    }
    expect(site.observers).toHaveLength(1);
    site.measure('INP', 80, 'inp');
    site.open({}, [use]);
    await site.wait(30_000);
    expect(site.sink.batches.flatMap(({ vitals = [] }) => vitals).map(({ name }) => name)).toEqual(['LCP', 'INP']);
  });
});

describe('when the network fails', () => {
  it('falls back to a request when the beacon is refused', async () => {
    const site = createSite();
    site.sink.beacons = false;
    site.open({}, [use]);
    await site.wait(30_000);
    expect(site.counted()).toBe(1);
  });

  it.each([
    [
      'the browser is offline',
      (site: ReturnType<typeof createSite>) => void (site.network.onLine = false),
      (site: ReturnType<typeof createSite>) => void (site.network.onLine = true),
    ],
    [
      'every request fails',
      ({ sink }: ReturnType<typeof createSite>) => void Object.assign(sink, { beacons: false, dead: true }),
      ({ sink }: ReturnType<typeof createSite>) => void Object.assign(sink, { beacons: true, dead: false }),
    ],
    [
      'the sink is overloaded',
      ({ sink }: ReturnType<typeof createSite>) => void Object.assign(sink, { beacons: false, status: 503 }),
      ({ sink }: ReturnType<typeof createSite>) => void Object.assign(sink, { beacons: true, status: 204 }),
    ],
  ])('keeps batches while %s and sends each once afterwards, across pages', async (_, fail, recover) => {
    const site = createSite();
    fail(site);
    const page = site.open();
    for (let i = 0; i < 3; i++) {
      page.use();
      await site.wait(30_000);
    }
    expect(site.counted()).toBe(0);
    page.closing.abort();
    recover(site);
    const next = site.open();
    const another = site.open();
    await site.wait(61_000);
    next.tab.env.window.dispatchEvent(new Event('online'));
    another.tab.env.window.dispatchEvent(new Event('online'));
    await site.wait(61_000);
    expect(site.counted()).toBe(3);
    expect(new Set(site.sink.batches.map(({ id }) => id)).size).toBe(site.sink.batches.length);
  });

  it('keeps batches while the client finds the network dead, and sends them with its word that it is back', async () => {
    const site = createSite();
    const page = site.open({}, [use]);
    site.network.onLine = false;
    await site.wait(30_000);
    expect(site.counted()).toBe(0);
    site.network.onLine = true;
    page.emit('notice', { notice: 'online' });
    await settle(60);
    expect(site.counted()).toBe(1);
  });

  it('keeps a batch while the sink does not answer, and delivers it and the others once it does', async () => {
    const site = createSite();
    Object.assign(site.sink, { beacons: false, hangs: true });
    const page = site.open({}, [use]);
    await site.wait(30_000);
    page.use();
    await site.wait(120_000);
    expect(site.counted()).toBe(0);
    Object.assign(site.sink, { beacons: true, hangs: false });
    await site.wait(120_000);
    expect(site.counted()).toBe(2);
  });

  it('does not resend a batch that the sink refuses for good', async () => {
    const site = createSite();
    Object.assign(site.sink, { beacons: false, status: 400 });
    site.open({}, [use]);
    await site.wait(30_000);
    Object.assign(site.sink, { beacons: true, status: 204 });
    await site.wait(120_000);
    expect(site.counted()).toBe(0);
  });

  it('also works with broken storage', async () => {
    const site = createSite();
    globalThis.indexedDB = {
      open: () => {
        throw new Error('broken');
      },
    } as unknown as IDBFactory;
    site.network.onLine = false;
    const page = site.open({}, [use]);
    await site.wait(30_000);
    site.network.onLine = true;
    page.use();
    await site.wait(30_000);
    expect(site.counted()).toBe(1);
  });
});

describe('a custom function', () => {
  it('gets the batches instead, and again those that it rejected', async () => {
    const site = createSite();
    const taken: RumBatch[] = [];
    let open = false;
    const page = site.open({
      send: (batch) => {
        if (!open) throw new Error('closed');
        taken.push(parseRumBatch(batch));
        return true;
      },
    });
    page.use();
    await site.wait(30_000);
    open = true;
    page.use();
    await site.wait(30_000);
    expect(taken.map(({ tiles }) => tiles[0]?.count)).toEqual([1, 1]);
    expect(site.sink.batches).toEqual([]);
  });
});

describe('queue', () => {
  const batch = (n: number, sentAt = n): RumBatch => ({
    schema: RUM_SCHEMA,
    id: `b${n}`,
    session: 's',
    sentAt,
    page: '/',
    sample: 1,
    tiles: [],
    versions: {},
  });

  it('returns each batch once, oldest first, to any page', async () => {
    const [one, two] = [createRumQueue('t', () => 10), createRumQueue('t', () => 10)];
    for (const n of [3, 1, 2]) await one.put(batch(n));
    const taken = await Promise.all([one.take(), two.take(), one.take(), two.take()]);
    expect(taken.map((each) => each?.id).sort()).toEqual(['b1', 'b2', 'b3', undefined]);
  });

  it('keeps the newest 50', async () => {
    const queue = createRumQueue('t', () => 100);
    for (let n = 0; n < MOST_BATCHES + 5; n++) await queue.put(batch(n));
    expect((await queue.take())?.id).toBe('b5');
  });

  it('forgets batches older than a week', async () => {
    let now = 0;
    const queue = createRumQueue('t', () => now);
    await queue.put(batch(1, 0));
    await queue.put(batch(2, 5000));
    now = OLDEST_BATCH + 1;
    expect((await queue.take())?.id).toBe('b2');
    expect(await queue.take()).toBeUndefined();
  });

  it('separates endpoints', async () => {
    await createRumQueue('one', () => 1).put(batch(1));
    expect(await createRumQueue('two', () => 1).take()).toBeUndefined();
    expect((await createRumQueue('one', () => 1).take())?.id).toBe('b1');
  });
});
