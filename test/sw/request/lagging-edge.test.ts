// The origin announces v2 while the edge still answers with v1. The worker trusts the version label of the answer.
import { describe, expect, it, vi } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { fakeTimers } from '../fakes/timers';
import { createWorld } from '../fakes/world';

const URL = '/tiles/roads/3/4/5.bin';

function edge(layer: LayerOptions = {}) {
  const world = createWorld();
  const timers = fakeTimers({ soon: 500, clock: world.clock });
  const said = { version: '1', label: '1' as string | undefined, etag: true, asked: 0 };
  world.answer = ({ headers }) => {
    said.asked += 1;
    const etag = `"${said.version}"`;
    const fields = {
      'content-type': 'application/octet-stream',
      'cache-control': 'max-age=86400',
      ...(said.etag && { etag }),
      ...(said.label !== undefined && { 'x-tile-version': said.label }),
    };
    const known = said.etag && headers.get('if-none-match') === etag;
    return known
      ? new Response(null, { status: 304, headers: fields })
      : new Response(said.version, { headers: fields });
  };
  const cache = world.start(
    { layers: { roads: layer } },
    { setTimeout: timers.setTimeout, clearTimeout: timers.clearTimeout },
  );
  const announce = async (version: string) => {
    const manifest = { layers: { roads: { version } } };
    await cache.message({ type: 'TILE_VERSIONS', id: `m${version}`, manifest, confirmedAt: 1 }, undefined);
    await cache.settled();
  };
  const get = async () => {
    const answered = await world.get(cache, URL);
    return { text: await answered.text(), status: answered.status, how: answered.headers.get('cache-status') ?? '' };
  };
  const move = (version: string) => Object.assign(said, { version, label: version });
  /** Reports a view that shows the tile. */
  const look = () =>
    cache.message({ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 3, bbox: [1, -70, 44, -42] }, undefined, 'page');
  return { world, cache, timers, said, announce, get, move, look };
}

describe('a version label', () => {
  it.each([
    ['sent by origin and edge', '2, 2'],
    ['sent by each of three hops', '2,2 ,  2'],
    ['in quotes', '"2"'],
    ['with spaces', ' 2 '],
  ])('%s is understood', async (_, label) => {
    const { announce, get, said, world } = edge();
    await announce('2');
    Object.assign(said, { version: '2', label });
    await get();
    const answered = await world.get(world.start({ layers: { roads: {} } }), URL);
    expect(answered.headers.get('cache-status')).toMatch(/hit; ttl=86/);
    expect(answered.headers.get('x-tile-version')).toBe('2');
    expect(said.asked).toBe(1);
  });

  it.each(['1, 2', '2, 1', '"1", 2', '', ','])('with contradictory values (%j) is ignored', async (label) => {
    const { announce, get, said, world } = edge();
    await announce('2');
    Object.assign(said, { version: '2', label });
    await get();
    const answered = await world.get(world.start({ layers: { roads: {} } }), URL);
    expect(answered.headers.get('x-tile-version')).toBeNull();
  });
});

describe('an edge that lags behind the version in force', () => {
  it.each([
    ['with v1 stored', true],
    ['with nothing stored', false],
  ])('is never answered as fresh, %s', async (_, stored) => {
    const { timers, announce, get, move, said, world } = edge();
    await announce('1');
    if (stored) await get();
    await announce('2');
    for (let i = 0; i < 3; i += 1) {
      const { text, how } = await get();
      expect(text).toBe('1');
      expect(how).toContain('ttl=0; ');
      expect(how).toContain('detail=versionmismatch');
    }
    expect(world.posted).toContainEqual(expect.objectContaining({ notice: 'versionmismatch', detail: '1' }));
    const uses = world.posted.flatMap(
      (message) => (message as { uses?: Array<{ versionMismatch?: true }> }).uses ?? [],
    );
    expect(uses.filter(({ versionMismatch }) => versionMismatch)).toHaveLength(3);
    await timers.pass(3000);
    move('2');
    world.posted.length = 0;
    await timers.pass(5000);
    expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 4, y: 5 }] });
    const before = said.asked;
    expect(await get()).toMatchObject({ text: '2', how: expect.stringContaining('hit; ttl=86') });
    await timers.pass(300_000);
    expect(said.asked).toBe(before);
  });

  it('is asked with back-off, and no more for tiles that nobody requests', async () => {
    const { timers, announce, get, said } = edge();
    await announce('2');
    await get();
    const before = said.asked;
    await timers.pass(60_000);
    expect(said.asked - before).toBeGreaterThan(4);
    expect(said.asked - before).toBeLessThan(9);
    await timers.pass(600_000);
    const later = said.asked;
    await timers.pass(600_000);
    expect(said.asked).toBe(later);
    expect(timers.waiting).toBeLessThan(3);
  });

  it('is not shown with versionPolicy discard, and the page hears when it has the new tile', async () => {
    const { timers, announce, get, move, world } = edge({ versionPolicy: 'discard' });
    await announce('1');
    await get();
    await announce('2');
    expect(await get()).toMatchObject({ status: 504, how: expect.stringContaining('versionmismatch') });
    move('2');
    await timers.pass(5000);
    expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 4, y: 5 }] });
    expect(await get()).toMatchObject({ text: '2', how: expect.stringContaining('hit') });
  });

  it.each([
    ['discard', 504],
    ['revalidate', 206],
  ] as const)('gets a request for a range of a tile that is not stored, with %s: %i', async (versionPolicy, status) => {
    const { announce, world, cache, move } = edge({ versionPolicy });
    await announce('2');
    const whole = world.answer;
    world.answer = async (request) => {
      const { headers } = await whole(request);
      return new Response('1', {
        status: 206,
        headers: { ...Object.fromEntries(headers), 'content-range': 'bytes 0-0/1' },
      });
    };
    const part = () => world.get(cache, URL, { headers: { range: 'bytes=0-0' } });
    const old = await part();
    expect(old.status).toBe(status);
    if (status === 504) expect(old.headers.get('cache-status')).toContain('detail=versionmismatch');
    move('2');
    expect((await part()).status).toBe(206);
  });

  it('does not replace the stored tile of the right version', async () => {
    const { announce, get, move, world } = edge({ staleIfError: 86_400 });
    await announce('2');
    move('2');
    await get();
    world.clock.now += 90_000_000;
    move('1');
    expect(await get()).toMatchObject({ text: '2', how: expect.stringContaining('fwd=stale') });
    move('2');
    expect((await get()).text).toBe('2');
  });

  it.each([['discard'], ['revalidate'], ['serve-stale']] as const)(
    'is trusted once for a 304 whose label was removed: %s',
    async (versionPolicy) => {
      const { announce, get, said } = edge({ versionPolicy });
      await get();
      await announce('2');
      said.label = undefined;
      await get();
      const before = said.asked;
      for (let i = 0; i < 3; i += 1) expect((await get()).how).toContain('hit; ttl=86');
      expect(said.asked).toBe(before);
    },
  );
});

describe('an edge whose 304 has no version (RFC 9110 section 15.4.5)', () => {
  /** The tile `OTHER` is the same in both versions. */
  const OTHER = '/tiles/roads/3/1/1.bin';

  async function lagging(layer: LayerOptions = {}) {
    const made = edge(layer);
    const { world, cache, said } = made;
    const { answer } = world;
    world.answer = async (request) => {
      const { version } = said;
      if (request.url.endsWith(OTHER)) said.version = 'same';
      const response = await answer(request);
      said.version = version;
      if (response.status === 304) response.headers.delete('x-tile-version');
      return response;
    };
    const other = async () => (await world.get(cache, OTHER)).headers.get('cache-status') ?? '';
    return { ...made, other };
  }

  it.each(
    (['discard', 'revalidate', 'serve-stale'] as const).flatMap((policy) =>
      [true, false].map((before) => [policy, before] as const),
    ),
  )('is not trusted: %s, with the tile stored before the switch: %s', async (versionPolicy, before) => {
    const { announce, get, timers, move } = await lagging({ versionPolicy });
    await announce('1');
    if (before) await get();
    await announce('2');
    for (const ms of [0, 1000, 60_000, 600_000]) {
      await timers.pass(ms);
      expect((await get()).how).not.toMatch(/ttl=[1-9]/);
    }
    move('2');
    await get();
    expect(await get()).toMatchObject({ text: '2', how: expect.stringContaining('hit; ttl=86') });
  });

  it('gets one request for the whole tile if the bytes have not changed', async () => {
    const { announce, get, said, timers } = await lagging();
    await announce('1');
    await get();
    await announce('2');
    said.label = '2';
    await get();
    const { asked } = said;
    await timers.pass(600_000);
    expect((await get()).how).toContain('hit; ttl=8');
    expect(said.asked).toBe(asked);
  });

  it('sends no unchanged bytes again once it has sent a tile of the new version', async () => {
    const { announce, get, move, said, other } = await lagging();
    await announce('1');
    await get();
    await other();
    await announce('2');
    move('2');
    expect((await get()).text).toBe('2');
    const { asked } = said;
    expect(await other()).toContain('fwd=stale; fwd-status=304');
    expect(said.asked).toBe(asked + 1);
  });
});

it.each([
  ['3 s', 3000],
  ['60 s', 60_000],
  ['100 s', 100_000],
])('a map that requests tiles is current within 5 s of an edge that lags %s', async (_, lag) => {
  const { timers, announce, get, move, world, said, look } = edge();
  await look();
  await announce('1');
  await get();
  await announce('2');
  await get();
  const before = said.asked;
  await timers.pass(lag);
  // The worker requests one tile every few seconds, however many are on the screen.
  expect(said.asked - before).toBeLessThan(4 + lag / 1900);
  world.posted.length = 0;
  move('2');
  await timers.pass(5000);
  expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 4, y: 5 }] });
});

it('a map that does not move is current soon after an edge that lags 40 minutes', async () => {
  const { timers, announce, get, move, world, look } = edge();
  await look();
  await announce('1');
  await get();
  await announce('2');
  await get();
  const notices = () => world.posted.filter((message) => (message as { notice?: string }).notice === 'versionmismatch');
  for (let minute = 0; minute < 40; minute += 1) {
    const before = notices().length;
    await timers.pass(60_000);
    // Request the tile as the client does.
    if (notices().length > before) await look();
  }
  world.posted.length = 0;
  move('2');
  await timers.pass(60_000);
  expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 4, y: 5 }] });
});

describe('an edge that lags and sends no versions', () => {
  async function switched(layer: LayerOptions = {}) {
    const it = edge(layer);
    it.said.label = undefined;
    await it.announce('1');
    await it.get();
    await it.announce('2');
    const move = () => void (it.said.version = '2');
    return { ...it, move };
  }

  it('is never answered as fresh within settleTime after a switch, and is asked once more after it', async () => {
    const { get, timers, said } = await switched();
    for (let i = 0; i < 3; i += 1) expect((await get()).how).not.toMatch(/ttl=[1-9]/);
    await timers.pass(29_000);
    expect((await get()).how).not.toMatch(/ttl=[1-9]/);
    await timers.pass(120_000);
    const before = said.asked;
    for (let i = 0; i < 3; i += 1) expect((await get()).how).toContain('hit; ttl=86');
    await timers.pass(300_000);
    expect(said.asked).toBe(before);
  });

  it('is noticed when it has the new tile, without requests of the page', async () => {
    const { get, timers, move, world } = await switched();
    expect((await get()).text).toBe('1');
    await timers.pass(3000);
    move();
    world.posted.length = 0;
    await timers.pass(5000);
    expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 4, y: 5 }] });
    expect((await get()).text).toBe('2');
  });

  it('is noticed after settleTime if it got the new tile just before', async () => {
    const { get, timers, move, world } = await switched();
    await get();
    await timers.pass(29_500);
    move();
    world.posted.length = 0;
    await timers.pass(60_000);
    expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 4, y: 5 }] });
    expect(await get()).toMatchObject({ text: '2', how: expect.stringContaining('hit; ttl=86') });
  });

  it('is not asked endlessly if it never sends the same bytes twice', async () => {
    const { get, timers, said } = await switched();
    await get();
    const before = said.asked;
    const real = said.version;
    for (let i = 0; i < 60; i += 1) {
      said.version = `${real}${i}`;
      await timers.pass(1000);
    }
    expect(said.asked - before).toBeLessThan(12);
  });

  it.each([
    ['settleTime is 0', { settleTime: 0 }, ''],
    ['the URL names the version', {}, '?v=2'],
  ])('is trusted at once if %s', async (_, layer, query) => {
    const { world, announce, said } = edge(layer);
    said.label = undefined;
    const cache = world.start({ layers: { roads: layer } });
    await announce('1');
    await announce('2');
    await (await world.get(cache, URL + query)).text();
    const before = said.asked;
    expect((await world.get(cache, URL + query)).headers.get('cache-status')).toContain('hit; ttl=86');
    expect(said.asked).toBe(before);
  });

  it('is trusted outside the changed area', async () => {
    const { world, said } = edge();
    said.label = undefined;
    const cache = world.start({ layers: { roads: {} } });
    const tell = (entry: object) =>
      cache.message(
        { type: 'TILE_VERSIONS', id: 'x', manifest: { layers: { roads: entry } }, confirmedAt: 1 },
        undefined,
      );
    await tell({ version: '1' });
    await tell({ version: '2', changes: [{ from: '1', bbox: [100, -10, 101, -9] }] });
    await (await world.get(cache, URL)).text();
    expect((await world.get(cache, URL)).headers.get('cache-status')).toContain('hit; ttl=86');
  });
});

describe('a repaired edge whose version is announced again', () => {
  const again = { changes: [{ from: '2' }] };
  const url = `${URL}?v=2`;

  async function lagged(label: string | undefined, early: boolean) {
    const { world, cache, said } = edge();
    Object.assign(said, { label, etag: false });
    const tell = (version: string, revision: number, more: object = {}) =>
      cache.message(
        {
          ...{ type: 'TILE_VERSIONS', id: `r${revision}`, confirmedAt: 1 },
          manifest: { layers: { roads: { version, revision, ...more } } },
        },
        undefined,
      );
    const get = async () => {
      const answered = await world.get(cache, url);
      return [await answered.text(), answered.headers.get('cache-status')?.includes('hit')];
    };
    await tell('1', 1);
    if (early) await get();
    await tell('2', 2);
    await get();
    expect(await get()).toEqual(['1', true]);
    said.version = '2';
    return { tell, get, world, cache };
  }

  it.each([
    ['after the switch', false],
    ['by a page that was ahead of the manifest', true],
  ])('is asked once more for a URL with the version that was fetched %s', async (_, early) => {
    const { tell, get } = await lagged(undefined, early);
    await tell('2', 3, again);
    expect(await get()).toEqual(['2', false]);
    expect(await get()).toEqual(['2', true]);
  });

  it('is not asked for tiles of the previous version, with correct labels, or in other places', async () => {
    const before = await lagged(undefined, false);
    await before.world.get(before.cache, `${URL}?v=1`);
    await before.tell('2', 3, again);
    expect((await before.world.get(before.cache, `${URL}?v=1`)).headers.get('cache-status')).toContain('hit');
    const labelled = await lagged('2', false);
    await labelled.tell('2', 3, again);
    expect(await labelled.get()).toEqual(['1', true]);
    const elsewhere = await lagged(undefined, false);
    await elsewhere.tell('2', 3, { changes: [{ from: '2', bbox: [100, -10, 101, -9] }] });
    expect(await elsewhere.get()).toEqual(['1', true]);
  });
});

describe('an edge that is ahead of the version in force', () => {
  it('is overridden by the right tile that another request has stored meanwhile', async () => {
    const { world, cache, announce, said } = edge({ versionPolicy: 'discard' });
    await announce('1');
    const origin = world.answer;
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    world.answer = async (request) => {
      if (request.credentials === 'omit') await opened;
      return origin(request);
    };
    const held = world.get(cache, URL, { credentials: 'omit' });
    await vi.waitFor(() => expect(world.asked).toHaveLength(1));
    await world.get(cache, URL, { credentials: 'include' });
    Object.assign(said, { version: '2', label: '2' });
    open();
    const answered = await held;
    expect(await answered.text()).toBe('1');
    expect(answered.headers.get('cache-status')).toBe(
      'sw-tile-cache; fwd=stale; fwd-status=200; detail=versionmismatch',
    );
  });
});

describe('an edge that leaves the query out of its key', () => {
  /** Requests v1, and v2 after its switch. The edge answers with bytes of this age in seconds. */
  async function world(answered: { etag?: string; modified?: string; age: number }, layer: LayerOptions = {}) {
    const made = edge(layer);
    const { world, cache, timers } = made;
    const said = {
      text: 'one',
      etag: '"one"' as string | undefined,
      modified: 'Thu, 01 Jan 2026 00:00:00 GMT',
      age: 9,
    };
    world.answer = () =>
      new Response(said.text, {
        headers: {
          'content-type': 'application/octet-stream',
          'cache-control': 'max-age=86400',
          age: String(said.age),
          'last-modified': said.modified,
          ...(said.etag !== undefined && { etag: said.etag }),
        },
      });
    const get = async (version: string) => {
      const response = await world.get(cache, `${URL}?v=${version}`);
      return { text: await response.text(), how: response.headers.get('cache-status') ?? '' };
    };
    await made.announce('1');
    await get('1');
    world.clock.now += 3600_000;
    await made.announce('2');
    Object.assign(said, {
      ...answered,
      etag: answered.etag ?? said.etag,
      modified: answered.modified ?? said.modified,
    });
    return { ...made, timers, said, get };
  }

  it.each([
    ['the ETag of v1', {}],
    ['its date alone', { etag: '' }],
  ])('is asked again while %s and its Age show that the bytes are those of v1', async (_, more) => {
    const { get, said, timers, world: w } = await world({ age: 3700, ...more });
    expect((await get('2')).text).toBe('one');
    // The tile is not fresh, so the next request asks again.
    expect((await get('2')).how).toMatch(/fwd=stale; fwd-status=200/);
    Object.assign(said, { text: 'two', etag: '"two"', modified: 'Thu, 01 Jan 2026 01:00:00 GMT', age: 0 });
    w.posted.length = 0;
    await timers.pass(20_000);
    expect(w.posted).toContainEqual(expect.objectContaining({ type: 'TILES_UPDATED' }));
    expect(await get('2')).toMatchObject({ text: 'two', how: expect.stringContaining('hit; ttl=86') });
  });

  it('is trusted half a minute after the switch', async () => {
    const { get, timers, world: w } = await world({ age: 3700 });
    await get('2');
    await timers.pass(31_000);
    await get('2');
    const asked = w.asked.length;
    expect((await get('2')).how).toContain('hit');
    expect(w.asked).toHaveLength(asked);
  });

  it.each([
    ['the bytes are different', { age: 3700, etag: '"two"', modified: 'Thu, 01 Jan 2026 01:00:00 GMT' }],
    ['the edge has fetched them since the switch', { age: 0 }],
  ])('is trusted if %s', async (_, answered) => {
    const { get, world: w } = await world(answered);
    await get('2');
    const asked = w.asked.length;
    expect((await get('2')).how).toContain('hit');
    expect(w.asked).toHaveLength(asked);
  });

  it('is not shown again with versionPolicy discard', async () => {
    const { get, said } = await world({ age: 3700 }, { versionPolicy: 'discard' });
    await get('2');
    Object.assign(said, { text: 'two', etag: '"two"', age: 0 });
    expect((await get('2')).text).toBe('two');
  });
});

describe('an edge that keeps unchanged tiles with their old label', () => {
  const far = [100, 10, 101, 11];
  const near = [1, -70, 44, -42];
  /** Announces changes since v1 to a browser that has `before`. Returns the `Cache-Status` of a tile with this label. */
  async function labelled(label: string, { before, bbox }: { before?: string | undefined; bbox?: number[] }) {
    const { world, cache, said, announce, get } = edge();
    if (before !== undefined) await announce(before);
    const roads = { version: '2', revision: 2, changes: [{ from: '1', ...(bbox && { bbox }) }] };
    await cache.message({ type: 'TILE_VERSIONS', id: 'm', manifest: { layers: { roads } }, confirmedAt: 1 }, undefined);
    said.label = label;
    await get();
    const answered = await world.get(cache, URL);
    return `${answered.headers.get('x-tile-version')} ${answered.headers.get('cache-status')}`;
  }

  it.each([undefined, '0', '1'])('is trusted outside the changed area, for a browser that had %s', async (before) => {
    expect(await labelled('1', { before, bbox: far })).toMatch(/^2 sw-tile-cache; hit; ttl=86400/);
  });
  it.each<[string, string, number[] | undefined]>([
    ['inside the changed area', '1', near],
    ['if everything has changed', '1', undefined],
    ['with a version that the manifest does not mention', '0', far],
  ])('is not trusted %s', async (_, label, bbox) => {
    expect(await labelled(label, { ...(bbox && { bbox }) })).toContain('detail=versionmismatch');
  });
});
