import { describe, expect, it } from 'vitest';
import type { EntriesPage } from '../../../src/shared/inspect-entries';
import type { Trace } from '../../../src/shared/inspect-trace';
import { createInspectWorld, png, TILE } from './world';

describe('inspect', () => {
  it('returns what is stored, what would be answered and why', async () => {
    const world = createInspectWorld({ staleIfError: 600 });
    await world.fetch();
    world.clock.now += 20_000;
    const told = await world.inspect();
    expect(told).toMatchObject({
      layer: 'roads',
      tile: { z: 6, x: 33, y: 22 },
      answer: { kind: 'hit', ttl: 40, validates: false, reason: { token: 'fresh', rfc: 'RFC 9111 section 4.2' } },
      offline: { shown: true, reason: { token: 'fresh' } },
      stored: {
        status: 200,
        bytes: 70,
        type: 'image/png',
        age: 20,
        lifetime: 60,
        lifetimeFrom: 'max-age',
        staleIfError: 600,
        in: 'entry',
        memory: true,
        ownLedger: true,
        headers: { 'cache-control': 'max-age=60' },
      },
      ledger: { verdict: 'none', version: undefined },
      network: { dead: false },
    });
    expect(told.words.join(' ')).toContain('70 bytes');
  });

  it('names the same clause as the answer', async () => {
    const world = createInspectWorld({ staleWhileRevalidate: 600 });
    const why = (response: Response) => /tile-why;desc=([\w-]+)/.exec(response.headers.get('server-timing')!)![1];
    for (const seconds of [0, 20, 61, 1000]) {
      world.clock.now += seconds * 1000;
      const { answer } = await world.inspect();
      expect(why(await world.fetch())).toBe(answer.reason.token);
    }
  });

  it('has no side effects on caches, requests or the last use', async () => {
    const world = createInspectWorld();
    await world.inspect();
    await world.inspect('/tiles/roads/1/1/1.png');
    expect(await world.caches.asStorage().keys()).toEqual([]);
    expect(world.asked).toEqual([]);
    await world.fetch();
    const [before] = (await world.ask<EntriesPage>({ action: 'entries' })).entries;
    world.clock.now += 3600_000;
    await world.inspect();
    const { entries } = await world.ask<EntriesPage>({ action: 'entries' });
    expect(entries[0]!.usedAt).toBe(before!.usedAt);
    expect(world.asked).toHaveLength(1);
    expect(world.posted.filter((message) => JSON.stringify(message).includes('TILE_NOTICE'))).toEqual([]);
  });

  it('finds a tile by its place: under the URL of the last request, or else of the template', async () => {
    const world = createInspectWorld({ template: '/tiles/roads/{z}/{x}/{y}.png' });
    const tile = { z: 6, x: 33, y: 22 };
    expect(await world.ask({ action: 'inspect', layer: 'roads', tile })).toMatchObject({
      answer: { reason: { token: 'uri-miss' } },
    });
    await world.fetch(`${TILE}?style=night`);
    expect(await world.ask({ action: 'inspect', layer: 'roads', tile })).toMatchObject({ answer: { kind: 'hit' } });
    const other = createInspectWorld(null);
    expect(await other.ask({ action: 'inspect', layer: 'lakes', tile: { z: 1, x: 0, y: 0 } })).toMatchObject({
      answer: { reason: { token: 'uri-miss' } },
    });
  });

  it.each([
    [{ action: 'inspect', url: 7 }, 'url'],
    [{ action: 'inspect', url: 'http://[' }, 'url'],
    [{ action: 'inspect', url: TILE, cache: 'never' }, 'cache'],
    [{ action: 'inspect', url: TILE, headers: { 'a b': '1' } }, 'headers'],
    [{ action: 'inspect', layer: 'roads', tile: { z: 1 } }, 'tile'],
    [{ action: 'entries', limit: 0 }, 'limit'],
    [{ action: 'entries', zoom: -1 }, 'zoom'],
    [{ action: 'entries', older: '1' }, 'older'],
    [{ action: 'entries', cursor: 1 }, 'cursor'],
    [{ action: 'trace', limit: 501 }, 'limit'],
    [{ action: 'simulate', delay: -1 }, 'delay'],
    [{ action: 'erase' }, 'action'],
  ])('refuses %j with an error that names the field', async (command, field) => {
    const world = createInspectWorld();
    await expect(world.ask(command as never)).rejects.toMatchObject({ code: 'INVALID_MESSAGE', field });
  });

  it('is refused with a remedy by a worker without an inspector', async () => {
    const world = createInspectWorld();
    world.restart({ inspect: undefined as never });
    await expect(world.inspect()).rejects.toMatchObject({
      code: 'UNSUPPORTED_FIELD',
      remedy: expect.stringContaining('sw-tile-cache/sw/inspect'),
    });
  });
});

it('uses report the bytes of the answer if they are known', async () => {
  const world = createInspectWorld();
  world.answer = () => png('max-age=60', { 'content-length': '70' });
  await world.fetch();
  await world.fetch();
  const uses = world.posted.flatMap(
    (message) => (message as { uses?: Array<{ status: string; bytes?: number }> }).uses ?? [],
  );
  expect(uses.map(({ status, bytes }) => [status, bytes])).toEqual([
    ['miss', 70],
    ['hit', 70],
  ]);
});

describe('trace', () => {
  it('is off until a page asks for it, and ends a minute after the last request', async () => {
    const world = createInspectWorld();
    await world.fetch();
    expect((await world.ask<Trace>({ action: 'trace' })).entries).toEqual([]);
    await world.fetch();
    world.clock.now += 59_000;
    expect((await world.ask<Trace>({ action: 'trace' })).entries).toHaveLength(1);
    world.clock.now += 61_000;
    await world.fetch();
    expect((await world.ask<Trace>({ action: 'trace' })).entries).toEqual([]);
    await world.fetch();
    expect((await world.ask<Trace>({ action: 'trace', on: false })).entries).toHaveLength(1);
    await world.fetch();
    expect((await world.ask<Trace>({ action: 'trace' })).entries).toEqual([]);
  });

  it('records every step of a miss and of a hit', async () => {
    const world = createInspectWorld();
    await world.ask({ action: 'trace' });
    await world.fetch();
    await world.fetch();
    const { entries } = await world.ask<Trace>({ action: 'trace' });
    expect(entries.map(({ steps }) => steps.map(({ step, what }) => `${step}: ${what}`))).toEqual([
      [
        'route: roads',
        'ledger: epoch 1',
        'store: nothing',
        'decision: fetch, uri-miss',
        'flight: leads',
        // The body streams to the page.
        'answer: 200 miss',
        'network: 200',
        'write: stored',
      ],
      ['route: roads', 'ledger: epoch 1', 'store: found, no rule', 'decision: respond, fresh', 'answer: 200 hit'],
    ]);
    expect(entries[1]).toMatchObject({ layer: 'roads', why: 'fresh', status: 'hit', code: 200, method: 'GET' });
  });

  it('keeps the last 500 records, and returns those of a layer or those after a number', async () => {
    const world = createInspectWorld(null);
    await world.ask({ action: 'trace' });
    for (let x = 0; x < 260; x += 1) {
      await world.fetch(`/tiles/roads/10/${x}/0.png`);
      await world.fetch(`/tiles/lakes/10/${x}/0.png`);
    }
    const all = await world.ask<Trace>({ action: 'trace', limit: 500 });
    expect(all.entries).toHaveLength(500);
    expect(all.entries.at(-1)!.number).toBe(520);
    const some = await world.ask<Trace>({ action: 'trace', layer: 'lakes', limit: 3 });
    expect(some.entries.map(({ tile }) => tile!.x)).toEqual([257, 258, 259]);
    expect((await world.ask<Trace>({ action: 'trace', after: 518 })).entries).toHaveLength(2);
  });
});

describe('a simulation', () => {
  const asPage = async (world: ReturnType<typeof createInspectWorld>, clientId: string, path = TILE) => {
    const request = new Request(`https://map.example${path}`);
    const { response, done } = world.cache.handle({ request, address: world.cache.match(request.url)!, clientId });
    const answer = await response;
    await done;
    return answer;
  };

  it('cuts the network for one page only, and ends by itself', async () => {
    const world = createInspectWorld({ staleIfError: 3600 });
    await world.fetch();
    world.clock.now += 600_000;
    world.asked.length = 0;
    await world.ask({ action: 'simulate', offline: true });
    expect((await asPage(world, 'page')).headers.get('cache-status')).toContain('detail=disconnected');
    expect((await asPage(world, 'page', '/tiles/roads/1/1/1.png')).status).toBe(504);
    expect(world.asked).toEqual([]);
    // The worker does not consider the real network dead.
    expect((await world.inspect()).network).toEqual({ dead: false, off: 'inspector' });
    expect((await asPage(world, 'other', '/tiles/roads/1/1/0.png')).status).toBe(200);
    expect(world.asked).toHaveLength(1);
    world.clock.now += 31_000;
    expect((await asPage(world, 'page', '/tiles/roads/1/1/1.png')).status).toBe(200);
  });

  it('slows requests to the origin, and can be switched off', async () => {
    const world = createInspectWorld();
    expect(await world.ask({ action: 'simulate', delay: 400 })).toEqual({ offline: false, delay: 400 });
    expect(await world.ask({ action: 'overview' })).toMatchObject({ simulated: { offline: false, delay: 400 } });
    expect((await asPage(world, 'page')).status).toBe(200);
    await world.ask({ action: 'simulate' });
    expect(await world.ask({ action: 'overview' })).toMatchObject({ simulated: { offline: false, delay: 0 } });
  });
});

describe('entries', () => {
  it('returns stored tiles in pages, filtered', async () => {
    const world = createInspectWorld(null);
    for (let x = 0; x < 8; x += 1) await world.fetch(`/tiles/roads/3/${x}/0.png`);
    await world.fetch('/tiles/lakes/4/1/1.png');
    world.clock.now += 100_000;
    world.answer = () => png('max-age=10');
    await world.fetch('/tiles/roads/4/1/1.png');
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page: EntriesPage = await world.ask({
        action: 'entries',
        layer: 'roads',
        limit: 3,
        ...(cursor !== undefined && { cursor }),
      });
      all.push(...page.entries.map(({ tile }) => `${tile!.z}/${tile!.x}`));
      ({ cursor } = page);
    } while (cursor !== undefined);
    expect(all.sort()).toEqual(['3/0', '3/1', '3/2', '3/3', '3/4', '3/5', '3/6', '3/7', '4/1']);
    const of = async (query: object) => (await world.ask<EntriesPage>({ action: 'entries', ...query })).entries;
    expect(await of({ zoom: 4 })).toHaveLength(2);
    expect(await of({ layer: 'roads', older: 100 })).toHaveLength(8);
    expect(await of({ layer: 'roads', older: 101 })).toHaveLength(0);
    expect((await of({ layer: 'lakes' }))[0]).toMatchObject({
      layer: 'lakes',
      tile: { z: 4, x: 1, y: 1 },
      age: 100,
      status: 200,
      type: 'image/png',
    });
    expect(await world.ask({ action: 'zooms', layer: 'roads' })).toMatchObject({
      zooms: { 3: { tiles: 8 }, 4: { tiles: 1 } },
    });
  });
});

describe('a hundred thousand entries', () => {
  it('are listed in pages that each read a limited part, and tiles are answered in between', async () => {
    const world = createInspectWorld(null);
    const rows = Array.from({ length: 100_000 }, (_, i) => ({ x: i % 1000, y: Math.floor(i / 1000) }));
    const cacheName = 'tile-cache-v1:https%3A%2F%2Fmap.example%2F:roads@';
    const list = rows.map(({ x, y }) => {
      const key = `https://map.example/__stc/@roads/10/${x}/${y}.png?__stc=`;
      return { id: `${cacheName} ${key}`, cacheName, key, layer: 'roads', bytes: 10, usedAt: 1 };
    });
    list.sort((a, b) => (a.id < b.id ? -1 : 1));
    const sizes: number[] = [];
    const index = {
      stored: () => {},
      touched: () => {},
      flush: async () => {},
      takeDrift: () => false,
      beside: async () => [],
      totals: async () => new Map(),
      oldest: async () => [],
      remove: async () => {},
      drop: async () => {},
      after: async (id: string, last: string, count: number) => {
        const from = list.findIndex((row) => row.id > id);
        const found = from < 0 ? [] : list.slice(from, from + count).filter((row) => row.id <= last);
        sizes.push(found.length);
        return found;
      },
    };
    world.restart({}, { index });
    await world.fetch('/tiles/roads/10/999/99.png');
    let cursor: string | undefined;
    let counted = 0;
    let calls = 0;
    do {
      sizes.length = 0;
      const page: { zooms: Record<string, { tiles: number }>; cursor?: string } = await world.ask({
        action: 'zooms',
        layer: 'roads',
        ...(cursor !== undefined && { cursor }),
      });
      counted += page.zooms['10']?.tiles ?? 0;
      expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(10_500);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
      ({ cursor } = page);
      calls += 1;
    } while (cursor !== undefined && calls < 50);
    expect([counted, cursor]).toEqual([100_000, undefined]);
    // The only matching tile is found at the end, and no page reads more headers than its share.
    world.caches.reads = 0;
    const first = await world.ask<EntriesPage>({ action: 'entries', layer: 'roads' });
    expect(first.cursor).toBeDefined();
  }, 60_000);
});
