// Compressed bodies without Content-Encoding: only further evidence distinguishes them from unknown formats.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const TILE = '/tiles/roads/3/4/5.pbf';
const layer = (name: string) =>
  Uint8Array.from([0x1a, name.length + 4, 0x78, 2, 0x0a, name.length, ...Buffer.from(name)]);
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Fetches the tile again after its first response became stale. */
async function get(first: Uint8Array | undefined, then: Uint8Array) {
  const world = createWorld();
  const cache = world.start({ layers: { roads: { staleIfError: 3600 } } });
  const answer = (body: Uint8Array) => () =>
    new Response(new Blob([Uint8Array.from(body)]).stream(), {
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' },
    });
  if (first) {
    world.answer = answer(first);
    await world.get(cache, TILE);
    world.clock.now += 120_000;
  }
  world.answer = answer(then);
  const answered = await world.get(cache, TILE);
  return { how: answered.headers.get('cache-status'), bytes: new Uint8Array(await answered.arrayBuffer()) };
}

it.each<[string, Uint8Array, RegExp]>([
  ['Brotli', brotliCompressSync(layer('railways and roads')), /detail="no MVT"/],
  ['a gzipped image', gzipSync(PNG), /detail="PNG in place of a vector tile"/],
])('%s does not replace a good vector tile', async (_, packed, how) => {
  const answered = await get(layer('roads'), packed);
  expect(answered.how).toMatch(how);
  expect(answered.bytes).toEqual(layer('roads'));
});

it.each<[string, Uint8Array | undefined, Uint8Array]>([
  ['a vector tile if one is stored', layer('roads'), layer('rivers')],
  ['a gzipped vector tile', layer('roads'), gzipSync(layer('rivers'))],
  ['MapLibre tiles', layer('roads'), Uint8Array.from([4, 1, 9, 9, 9, 2, 1, 9])],
  ['Brotli if nothing is stored', undefined, brotliCompressSync(layer('rivers'))],
  ['Brotli after Brotli', brotliCompressSync(layer('roads')), brotliCompressSync(layer('rivers'))],
])('accepts %s', async (_, first, then) => {
  const answered = await get(first, then);
  expect(answered.how).toMatch(/fwd-status=200(?!.*detail)/);
  expect(answered.bytes).toEqual(Uint8Array.from(then));
});
