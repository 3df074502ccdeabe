import { describe, expect, it, vi } from 'vitest';
import { presets } from '../../../src/shared/presets';
import type { LayerOptions } from '../../../src/shared/layer-options';
import type { TileUse } from '../../../src/shared/tile-use';
import { noIndex } from '../fakes/no-index';
import { fakeTimers, settle } from '../fakes/timers';
import { createWorld, ORIGIN, type World } from '../fakes/world';

type Cache = ReturnType<World['start']>;

const YEAR = 'max-age=31536000, immutable';
const reply = (text: string, headers: Record<string, string> = {}) =>
  new Response(text, {
    headers: { 'content-type': 'application/octet-stream', 'cache-control': YEAR, ...headers },
  });

/** An origin that answers each URL with its own text. */
function worldOf(layer: LayerOptions | undefined, label?: (url: string) => string) {
  const world = createWorld();
  world.answer = ({ url }) => reply(url, label && { 'x-tile-version': label(url) });
  return { world, cache: world.start(layer ? { layers: { roads: layer } } : {}) };
}

async function announce(cache: Cache, version: string, more: object = {}) {
  const manifest = { layers: { roads: { version, ...more } } };
  await cache.message({ type: 'TILE_VERSIONS', id: `m${version}`, manifest, confirmedAt: 1 }, undefined);
  await cache.settled();
}

const query = (token: string) => `/tiles/roads/3/4/5.bin${token && `?v=${token}`}`;
const path = (token: string) => `/tiles/roads/${token || '0'}/3/4/5.bin`;
const template = '/tiles/roads/{version}/{z}/{x}/{y}.bin';

const KINDS: Array<[string, LayerOptions | undefined, (token: string) => string]> = [
  ['zero configuration', undefined, query],
  ['a preset', presets.base, query],
  ['{version} in the path', { template }, path],
  ['versionedUrls', { versionedUrls: true }, query],
  ['versionParam', { versionParam: 'v' }, query],
  ['serve-stale', { versionPolicy: 'serve-stale' }, query],
  ['discard', { versionPolicy: 'discard' }, query],
];

describe.each(KINDS)('a token in a URL, %s', (_, layer, url) => {
  it.each([undefined, '1'])('is only a claim of the page (manifest: %s)', async (manifest) => {
    const { world, cache } = worldOf(layer);
    if (manifest) await announce(cache, manifest);
    for (const token of ['1', '2']) {
      const first = await world.get(cache, url(token));
      const status = first.headers.get('cache-status');
      if (status?.includes('hit')) {
        expect([layer?.versionPolicy, token, manifest]).toEqual(['serve-stale', '2', '1']);
        expect(status).toMatch(/ttl=(0|-)/);
      } else expect(await first.text()).toContain(url(token));
      expect(first.headers.get('x-tile-version')).toBe(layer?.versionedUrls && !status?.includes('hit') ? token : null);
    }
    // Returning to the first token needs no request, because neither tile has replaced the other.
    for (const token of ['1', '2', '1']) {
      const again = await world.get(cache, url(token));
      expect(await again.text()).toContain(url(token));
      expect(again.headers.get('cache-status')).toContain('hit');
    }
    expect(world.asked).toHaveLength(2);
  });

  it('finds its stored tile once it is announced', async () => {
    const { world, cache } = worldOf(layer);
    await announce(cache, '1');
    await world.get(cache, url('1'));
    await world.get(cache, url('2'));
    await announce(cache, '2');
    for (const token of ['2', '1']) expect(await (await world.get(cache, url(token))).text()).toContain(url(token));
    expect(world.asked).toHaveLength(2);
  });

  it('gets its own tile after a rollback', async () => {
    const { world, cache } = worldOf(layer);
    for (const version of ['1', '2', '1']) {
      await announce(cache, version);
      await world.get(cache, url(version));
    }
    for (const token of ['2', '1']) expect(await (await world.get(cache, url(token))).text()).toContain(url(token));
    expect(world.asked).toHaveLength(2);
  });

  it('is not answered as fresh with a tile that was stored without a token before the first manifest', async () => {
    const { world, cache } = worldOf(layer);
    await world.get(cache, url(''));
    await announce(cache, '5');
    expect(await (await world.get(cache, url(''))).headers.get('cache-status')).toContain('hit');
    const answered = await world.get(cache, url('5'));
    if (layer?.versionPolicy === 'serve-stale') {
      expect(answered.headers.get('cache-status')).toMatch(/ttl=(0|-)/);
      expect(answered.headers.get('x-tile-version')).toBeNull();
    } else expect(await answered.text()).toContain(url('5'));
    expect(await (await world.get(cache, url('5'))).text()).toContain(url('5'));
    expect(world.asked).toHaveLength(2);
  });
});

it.each(KINDS.filter(([, , url]) => url === query))(
  'several tokens in one URL count as a different token, %s',
  async (_, layer) => {
    const { world, cache } = worldOf(layer);
    for (const tokens of ['1&v=2', '1&v=3', '2&v=1', '1'])
      expect(await (await world.get(cache, query(tokens))).text()).toContain(`?v=${tokens}`);
    // The same token twice counts as one.
    expect((await world.get(cache, query('1&v=1'))).headers.get('cache-status')).toContain('hit');
    expect(world.asked).toHaveLength(4);
  },
);

// Other parameters that pages add to bypass caches: two values are two URLs, and each tile is stored.
it.each([
  ['ver=1', 'ver=2'],
  ['version=1', 'version=2'],
  ['V=1', 'V=2'],
  ['_=1767225600000', '_=1767225600001'],
  ['t=1767225600', 't=1767225601'],
  ['ts=1', 'ts=2'],
  ['cb=a', 'cb=b'],
  ['nocache=0.1', 'nocache=0.2'],
  ['rnd=.5', 'rnd=.6'],
  ['hash=abcdef', 'hash=abcdea'],
  ['build=2026.1', 'build=2026.2'],
  ['20260101', '20260102'],
  ['v1.2', 'v1.3'],
  ['etag=%22a%22', 'etag=%22b%22'],
  ['a=1;v=1', 'a=1;v=2'],
  ['%76=1', 'v=2'],
  ['v%3D1', 'v%3D2'],
])('?%s and ?%s never answer for each other', async (one, other) => {
  const { world, cache } = worldOf(undefined);
  await announce(cache, '1');
  for (const end of [one, other, one, other]) {
    const answered = await world.get(cache, `${query('')}?${end}`);
    expect(await answered.text()).toContain(`?${end}`);
  }
  expect(world.asked).toHaveLength(2);
});

describe('another token, while the origin is unreachable', () => {
  const away = async (layer: LayerOptions | undefined, manifest?: string, url = query) => {
    const { world, cache } = worldOf(layer);
    if (manifest) await announce(cache, manifest);
    await world.get(cache, url('1'));
    world.answer = () => Promise.reject(new TypeError('offline'));
    return world.get(cache, url('2'));
  };

  it.each([
    ['set by an option', { ...presets.base, versionParam: 'v' }, '1', query],
    ['in the path', { ...presets.base, template }, '1', path],
    ['announced', presets.base, '1', query],
    ['announced, without configuration', undefined, '1', query],
  ])('stands in, marked as stale, if it is a version: %s', async (_, layer, manifest, url) => {
    const answered = await away(layer, manifest, url);
    expect(await answered.text()).toContain(url('1'));
    expect(answered.headers.get('cache-status')).toContain('fwd=stale');
    expect(answered.headers.get('x-tile-version')).toBeNull();
  });

  it.each([
    ['may be data', undefined, undefined],
    ['may be data, a preset', presets.base, undefined],
    [
      'may be a version of a layer with versionPolicy discard',
      { ...presets.base, versionParam: 'v', versionPolicy: 'discard' as const },
      '1',
    ],
  ])('does not stand in if it %s', async (_, layer, manifest) => {
    expect((await away(layer, manifest)).status).toBe(504);
  });
});

/** Plays steps: `get` a token, `say` (announce) a version, `restart` the worker, `off` (no origin). Returns the last answer. */
async function after(steps: string, layer: LayerOptions | undefined, url = query) {
  const { world, cache: first } = worldOf(layer);
  let cache = first;
  let answered: Response | undefined;
  for (const step of steps.split(', ')) {
    const [verb, token = ''] = step.split(' ');
    if (verb === 'get') answered = await world.get(cache, url(token));
    if (verb === 'say') await announce(cache, token);
    if (verb === 'restart') cache = world.start(layer ? { layers: { roads: layer } } : {});
    if (verb === 'off') world.answer = () => Promise.reject(new TypeError('offline'));
    await cache.settled();
  }
  return { cache, world, answered: answered! };
}

describe('a tile that was fetched before its token was announced', () => {
  const STEPS: Array<[steps: string, shown: string]> = [
    ['get a, say a, say b, off, get b', 'a'],
    ['get a, say a, restart, say b, restart, off, get b', 'a'],
    ['get a, say a, say b, say c, off, get c', 'a'],
    // Here the page is ahead of the manifest.
    ['get a, say a, off, get b', 'a'],
    ['say 1, get 2, say 2, say 3, off, get 3', '2'],
    // No manifest ever names it.
    ['get a, say b, off, get b', 'a'],
    ['say 1, get 2, say 3, off, get 3', '2'],
    // Of several tiles, the one used last.
    ['get a, get b, get c, say d, off, get d', 'c'],
    // A rollback to a version that was never requested.
    ['get b, say a, say b, say a, off, get a', 'b'],
  ];
  const AT_ONCE = { ...presets.base, versionPolicy: 'serve-stale' as const };

  describe.each(STEPS)('%s', (steps, shown) => {
    it.each([
      ['zero configuration', undefined, query],
      ['a preset', presets.base, query],
      ['{version} in the path', { ...presets.base, template }, path],
      ['versionedUrls', { ...presets.base, versionedUrls: true }, query],
      ['serve-stale', AT_ONCE, query],
    ])('stands in for another version, marked as stale, %s', async (_, layer, url) => {
      const { answered } = await after(steps, layer, url);
      expect(await answered.text()).toContain(url(shown));
      expect(answered.headers.get('cache-status')).toBe(
        layer === AT_ONCE
          ? 'sw-tile-cache; hit; ttl=0; detail=other-version'
          : 'sw-tile-cache; fwd=stale; detail=network',
      );
      const labelled = layer && 'versionedUrls' in layer ? shown : null;
      expect(answered.headers.get('x-tile-version')).toBe(labelled);
    });

    it.each([
      ['discards', { ...presets.base, versionPolicy: 'discard' as const }],
      ['has staleIfError: 0', { staleIfError: 0 }],
    ])('is not shown if the layer %s', async (_, layer) => {
      const { answered } = await after(steps, layer);
      expect(answered.status).toBe(504);
    });
  });

  it('stands in if only an option says that the token is a version', async () => {
    const { answered } = await after('get a, off, get b', { ...presets.base, versionParam: 'v' });
    expect(await answered.text()).toContain(query('a'));
  });

  it.each(['get no2, off, get pm25', 'say 7, get no2, off, get pm25', 'get no2, say 7, off, get pm25'])(
    'is not shown if the token may be data: %s',
    async (steps) => expect((await after(steps, presets.base)).answered.status).toBe(504),
  );

  it('stands in after a second if the origin hangs', async () => {
    const { world, cache } = worldOf(presets.base);
    await world.get(cache, query('a'));
    for (const version of ['a', 'b']) await announce(cache, version);
    const clock = fakeTimers({ soon: 500, clock: world.clock });
    const next = world.start({ layers: { roads: presets.base } }, clock);
    const reached = new Promise<void>((resolve) => {
      world.answer = () => (resolve(), new Promise(() => {}));
    });
    const request = new Request(new URL(query('b'), ORIGIN));
    const { response } = next.handle({ request, address: next.match(request.url)! });
    await reached;
    await clock.pass(1000);
    expect((await response).headers.get('cache-status')).toBe('sw-tile-cache; fwd=stale; detail=patience');
  });

  it('does not slow hits down', async () => {
    const { world, cache } = await after('get a, say a, say b, get b', undefined);
    const listed = vi.spyOn(IDBObjectStore.prototype, 'getAll');
    for (const token of ['a', 'b']) await world.get(cache, query(token));
    expect(listed).not.toHaveBeenCalled();
    listed.mockRestore();
    expect(world.asked).toHaveLength(2);
  });
});

describe('an ETag that is the same for every version', () => {
  const worldWithTag = (layer: LayerOptions | undefined) => {
    const made = worldOf(layer);
    const tag = { etag: '"same"' };
    made.world.answer = ({ url, headers }) =>
      headers.has('if-none-match') ? new Response(null, { status: 304, headers: tag }) : reply(url, tag);
    return made;
  };

  it.each([
    ['that is a version according to an option', { ...presets.base, versionParam: 'v' }, [], '2'],
    ['ahead of the manifest', undefined, ['1'], '2'],
    ['ahead of the manifest, in the path', { ...presets.base, template }, ['1'], '2'],
  ])('does not make an old tile the tile of a token %s', async (_, layer, said, token) => {
    const { world, cache } = worldWithTag(layer);
    const url = layer && 'template' in layer ? path : query;
    for (const version of said) await announce(cache, version);
    await world.get(cache, url('1'));
    expect(await (await world.get(cache, url(token))).text()).toContain(url(token));
  });

  it('does not make the tile of an unannounced token current either', async () => {
    const { world, cache } = worldWithTag(undefined);
    await world.get(cache, query('1'));
    await announce(cache, '2');
    expect(await (await world.get(cache, query('2'))).text()).toContain(query('2'));
  });

  it('is trusted for announced versions: unchanged tiles transfer no body', async () => {
    const { world, cache } = worldWithTag(undefined);
    for (const version of ['1', '2']) {
      await announce(cache, version);
      const answered = await world.get(cache, query(version));
      expect(answered.headers.get('cache-status')).toContain(`fwd-status=${version === '1' ? 200 : 304}`);
    }
  });
});

it('for an unannounced token, the first request to another host is the one that the browser would send', async () => {
  const { world, cache } = worldOf({ ...presets.base, template: 'https://tiles.example/{version}/{z}/{x}/{y}.bin' });
  for (const token of ['1', '2']) await world.get(cache, `https://tiles.example/${token}/3/4/5.bin`);
  expect(world.asked.map((request) => request.cache)).toEqual(['default', 'default']);
});

describe('a page ahead of the manifest', () => {
  const missing = (status: number) => () =>
    new Response(status === 204 ? null : 'not yet', { status, headers: { 'cache-control': 'max-age=3600' } });

  it.each([404, 410, 204, 403, 500])(
    'gets the tile once its version is announced, whatever the origin answered before (%i)',
    async (status) => {
      for (const first of [undefined, '1'])
        for (const url of [query, path]) {
          const { world, cache } = worldOf(url === path ? { template } : undefined);
          const { answer } = world;
          if (first) await announce(cache, first);
          world.answer = missing(status);
          expect((await world.get(cache, url('2'))).status).toBe(status);
          // Until then the answer is stored, and not requested again.
          expect((await world.get(cache, url('2'))).headers.get('cache-status')).toContain('hit');
          expect(world.asked).toHaveLength(1);
          world.answer = answer;
          await announce(cache, '2');
          const answered = await world.get(cache, url('2'));
          expect([first, answered.status]).toEqual([first, 200]);
          expect((await world.get(cache, url('2'))).headers.get('cache-status')).toContain('hit');
          expect(world.asked).toHaveLength(2);
        }
    },
  );

  it('requests a missing tile once more, and then trusts the answer', async () => {
    const { world, cache } = worldOf(undefined);
    world.answer = missing(404);
    await world.get(cache, query('2'));
    await announce(cache, '2');
    for (let i = 0; i < 3; i += 1) expect((await world.get(cache, query('2'))).status).toBe(404);
    expect(world.asked).toHaveLength(2);
  });

  it('learns that it is ahead, unless its version was in force before', async () => {
    const { world, cache } = worldOf({ versionedUrls: true });
    await announce(cache, '1');
    const usesOf = async (token: string) => {
      world.posted.length = 0;
      await world.get(cache, query(token));
      await cache.settled();
      return world.posted.flatMap((message) => (message as { uses?: TileUse[] }).uses ?? []);
    };
    expect(await usesOf('1')).toEqual([expect.not.objectContaining({ aheadOf: '1' })]);
    for (let i = 0; i < 2; i += 1)
      expect(await usesOf('2')).toEqual([expect.objectContaining({ version: '2', aheadOf: '1' })]);
    for (const version of ['2', '3', '4', '5', '6', '7']) await announce(cache, version);
    // A page that has been open for days.
    for (const old of ['1', '2', '6', '7'])
      expect(
        (await usesOf(old)).map((use) => use.aheadOf),
        old,
      ).toEqual([undefined]);
    expect(await usesOf('8')).toEqual([expect.objectContaining({ aheadOf: '7' })]);
  });

  it('may request another version with HEAD, which does not affect the stored tile', async () => {
    const { world, cache } = worldOf(undefined);
    world.answer = ({ url, method }) =>
      new Response(method === 'HEAD' ? null : url, {
        headers: { 'content-type': 'application/octet-stream', 'cache-control': YEAR, etag: `"${url.slice(-1)}"` },
      });
    await announce(cache, '1');
    await world.get(cache, query('1'));
    expect((await world.get(cache, query('2'), { method: 'HEAD' })).headers.get('etag')).toBe('"2"');
    expect((await world.get(cache, query('1'))).headers.get('cache-status')).toContain('hit');
    expect(world.asked).toHaveLength(2);
  });
});

it.each(KINDS)(
  'a version that is announced while its tile is in flight is requested once, %s',
  async (_, layer, url) => {
    // Exclude the index, which takes longer than the test waits.
    const { world } = worldOf(layer);
    const cache = world.start(layer ? { layers: { roads: layer } } : {}, { index: noIndex });
    const { answer } = world;
    let release: () => void = () => {};
    const wait = new Promise<void>((resolve) => (release = resolve));
    world.answer = async (request) => {
      await wait;
      return answer(request);
    };
    const first = world.get(cache, url('5'));
    await settle();
    // This is the first version ever, which invalidates nothing.
    const manifest = { layers: { roads: { version: '5' } } };
    await cache.message({ type: 'TILE_VERSIONS', id: 'm5', manifest, confirmedAt: 1 }, undefined);
    const second = world.get(cache, url('5'));
    await settle();
    release();
    for (const response of await Promise.all([first, second])) expect(await response.text()).toContain(url('5'));
    expect((await world.get(cache, url('5'))).headers.get('cache-status')).toContain('hit');
    expect(world.asked).toHaveLength(1);
  },
);

describe('v as data', () => {
  it.each([undefined, '7'])('never answers for another value (manifest: %s)', async (manifest) => {
    const { world, cache } = worldOf(undefined, () => '7');
    if (manifest) await announce(cache, manifest);
    for (const value of ['no2', 'pm25', 'no2', 'pm25', 'a%20b', 'a%2', ''])
      expect(await (await world.get(cache, query(value))).text()).toContain(query(value));
    expect(world.asked).toHaveLength(5);
  });
});
