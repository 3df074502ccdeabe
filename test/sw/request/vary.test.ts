import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { createWorld, type World } from '../fakes/world';

const TILE = '/tiles/roads/3/4/5';

function world(vary: string, options: LayerOptions = {}) {
  const world = createWorld();
  let count = 0;
  world.answer = () =>
    new Response(`tile ${(count += 1)}`, {
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', etag: `"${count}"`, vary },
    });
  return { world, cache: world.start({ layers: { roads: { staleIfError: 3600, ...options } } }) };
}

const notices = ({ posted }: World) =>
  posted.filter((one) => (one as { notice?: string }).notice === 'vary') as { layer: string; detail: string }[];

describe('a layer whose tiles vary', () => {
  it.each<[string, LayerOptions]>([
    ['Referer', {}],
    ['Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site', {}],
    ['Save-Data', {}],
    ['Cookie', { ignoreVary: ['Cookie'] }],
    ['Accept-Encoding, cookie, Priority', { ignoreVary: ['COOKIE', 'Priority'] }],
    ['Cookie, DPR', { ignoreVary: true }],
    ['*', { ignoreVary: true }],
  ])('on %s with %j is a hit, and available offline', async (vary, options) => {
    const { world: w, cache } = world(vary, options);
    await w.get(cache, TILE);
    expect((await w.get(cache, TILE)).headers.get('cache-status')).toContain('hit');
    expect(w.asked).toHaveLength(1);
    w.clock.now += 120_000;
    w.answer = () => Promise.reject(new TypeError('gone'));
    expect(await (await w.get(cache, TILE)).text()).toBe('tile 1');
    expect(notices(w)).toEqual([]);
  });

  it.each(['Cookie', 'DPR', '*'])('on %s is reported once a minute, with a remedy', async (vary) => {
    const { world: w, cache } = world(vary);
    for (let i = 0; i < 3; i += 1) {
      expect((await w.get(cache, TILE)).headers.get('cache-status')).not.toContain('hit');
    }
    expect(w.asked).toHaveLength(3);
    expect(notices(w)).toHaveLength(1);
    expect(notices(w)[0]).toMatchObject({ layer: 'roads', detail: expect.stringContaining(vary.toLowerCase()) });
    expect(notices(w)[0]!.detail).toMatch(/ignoreVary: (true|\['(cookie|dpr)'\])/);
    w.clock.now += 61_000;
    await w.get(cache, TILE);
    expect(notices(w)).toHaveLength(2);
  });

  // S3 and most CDNs vary on Origin; prefetching and regions fetch, and Leaflet's images name no `crossorigin`.
  it.each<[RequestMode, RequestMode]>([
    ['cors', 'no-cors'],
    ['no-cors', 'cors'],
  ])('on Origin at another host is one tile, asked for in %s mode and then in %s mode', async (...modes) => {
    const { world: w, cache } = world('Origin, Sec-Fetch-Mode', { template: 'https://tiles.example/{z}/{x}/{y}' });
    for (const mode of modes) {
      expect(await (await w.get(cache, 'https://tiles.example/3/4/5', { mode })).text()).toBe('tile 1');
      w.answer = () => Promise.reject(new TypeError('gone'));
    }
    expect(w.asked).toHaveLength(1);
  });

  it('applies an option that was set after the tile was stored', async () => {
    const { world: w, cache } = world('Accept, Cookie');
    await w.get(cache, TILE, { headers: { accept: 'image/png' } });
    const later = w.start({ layers: { roads: { ignoreVary: true } } });
    expect((await w.get(later, TILE)).headers.get('cache-status')).toContain('hit');
    expect(w.asked).toHaveLength(1);
  });

  it('ignores only the configured fields', async () => {
    const { world: w, cache } = world('Accept, Cookie', { ignoreVary: ['Cookie'] });
    await w.get(cache, TILE, { headers: { accept: 'image/png' } });
    expect(await (await w.get(cache, TILE, { headers: { accept: 'image/webp' } })).text()).toBe('tile 2');
    expect(await (await w.get(cache, TILE, { headers: { accept: 'image/png' } })).text()).toBe('tile 1');
    expect(w.asked).toHaveLength(2);
  });
});
