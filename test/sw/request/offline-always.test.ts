import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { createWorld } from '../fakes/world';

const TILE = '/tiles/roads/3/4/5';
const always: LayerOptions = { offline: 'always' };

async function stored(cacheControl: string, options: LayerOptions) {
  const world = createWorld();
  const headers = { 'content-type': 'application/octet-stream', 'cache-control': cacheControl, etag: '"a"' };
  world.answer = () => new Response('tile', { headers });
  let onLine = true;
  const cache = world.start({ layers: { roads: options } }, { onLine: () => onLine });
  await world.get(cache, TILE);
  world.clock.now += 86_400_000;
  return {
    world,
    cache,
    lose: () => {
      world.answer = () => Promise.reject(new TypeError('gone'));
    },
    say: () => (onLine = false),
  };
}

describe("offline: 'always'", () => {
  it.each([
    'no-cache',
    'max-age=172800, no-cache',
    'max-age=60, must-revalidate',
    'max-age=60',
    'no-cache, must-revalidate',
  ])('answers with a tile with %s if the network is gone, marked as stale', async (control) => {
    const { world, cache, lose, say } = await stored(control, always);
    lose();
    const first = await world.get(cache, TILE);
    expect(await first.text()).toBe('tile');
    expect(first.headers.get('cache-status')).toMatch(/fwd=stale.*detail=network/);
    // The browser itself reports being offline, so the worker does not wait.
    say();
    await world.get(cache, '/tiles/roads/3/4/6').catch(() => {});
    const next = await world.get(cache, TILE);
    expect(await next.text()).toBe('tile');
    expect(next.headers.get('cache-status')).toMatch(/hit; ttl=(0|-\d+); detail=disconnected/);
    const head = await world.get(cache, TILE, { method: 'HEAD' });
    expect(head.status).toBe(200);
  });

  it('is not the default', async () => {
    const { world, cache, lose } = await stored('no-cache', { staleIfError: Infinity });
    lose();
    expect((await world.get(cache, TILE)).status).toBe(504);
  });

  it.each([500, 503, 429])('does not answer with a no-cache tile while the origin answers %i', async (status) => {
    const { world, cache } = await stored('no-cache', always);
    world.answer = () => new Response('down', { status });
    expect((await world.get(cache, TILE)).status).toBe(status);
  });

  it('does not answer with a no-cache tile when only the patience is over', async () => {
    const { world, cache } = await stored('no-cache', { ...always, patience: 0 });
    expect((await world.get(cache, TILE)).headers.get('cache-status')).toContain('fwd-status=200');
  });

  it('does not answer with a purged tile', async () => {
    const { world, cache, lose } = await stored('no-cache', always);
    await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads' }, undefined);
    lose();
    expect((await world.get(cache, TILE)).status).toBe(504);
  });

  it('answers with another version’s tile as the policy allows', async () => {
    const { world, cache, lose } = await stored('no-cache', { ...always, versionPolicy: 'discard' });
    await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads', version: '2', mode: 'stale' }, undefined);
    lose();
    expect((await world.get(cache, TILE)).status).toBe(504);
  });
});
