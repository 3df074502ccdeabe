// Headers as real servers send them: repeated, too large, in another syntax, or not at all.
import { describe, expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const url = '/tiles/roads/3/1/2.bin';
const START = Date.parse('2026-01-01T00:00:00Z');
const http = (seconds: number) => new Date(START + seconds * 1000).toUTCString();
const cc = (value: string, more: Record<string, string> = {}) => ({ 'cache-control': value, ...more });

/** Returns how a tile is answered 10 s later, and how many requests that took. */
async function later(headers: Record<string, string>): Promise<string> {
  const world = createWorld();
  const cache = world.start();
  world.answer = () => new Response('tile', { headers: { 'content-type': 'application/octet-stream', ...headers } });
  await world.get(cache, url);
  world.clock.now += 10_000;
  const answered = await world.get(cache, url);
  expect(await answered.text()).toBe('tile');
  const how = answered.headers.get('cache-status')!.replace(/^.*sw-tile-cache; /, '');
  expect(world.posted.filter((message) => (message as { notice?: string }).notice === 'storagefailed')).toEqual([]);
  return `${how.split(';')[0]} ${/ttl=(-?\d+)/.exec(how)?.[1] ?? ''}`.trim() + ` ${world.asked.length}`;
}

describe('a response is ten seconds old', () => {
  it.each<[string, Record<string, string>, string]>([
    ['an Age beyond max-age', cc('max-age=60', { age: '9999' }), 'fwd=stale 2'],
    ['a negative Age', cc('max-age=60', { age: '-5' }), 'hit 50 1'],
    ['an Age twice', cc('max-age=60', { age: '10, 70' }), 'hit 40 1'],
    ['an Age with a fraction', cc('max-age=60', { age: '59.9' }), 'hit 50 1'],
    ['Cache-Control twice', cc('max-age=60, max-age=0'), 'hit 50 1'],
    ['Cache-Control twice, once no-cache', cc('max-age=60, no-cache', { etag: '"a"' }), 'fwd=stale 2'],
    ['Cache-Control twice, once no-store', cc('max-age=60, no-store'), 'fwd=uri-miss 2'],
    ['a semicolon instead of a comma', cc('public; max-age=60'), 'hit 50 1'],
    ['another case', cc('PUBLIC, MAX-AGE=60'), 'hit 50 1'],
    ['quotes', cc('max-age="60"'), 'hit 50 1'],
    ['too many seconds', cc('max-age=99999999999999999999'), 'hit 2147483638 1'],
    ['not a number', cc('max-age=soon', { etag: '"a"' }), 'fwd=stale 2'],
    ['directives for shared caches', cc('max-age=60, s-maxage=0, proxy-revalidate'), 'hit 50 1'],
    ['no-cache for a field', cc('no-cache="set-cookie", max-age=60'), 'hit 50 1'],
    ['Expires: 0', { expires: '0', etag: '"a"' }, 'fwd=stale 2'],
    ['Expires: -1', { expires: '-1', etag: '"a"' }, 'fwd=stale 2'],
    ['Expires without a zone', { expires: 'Thu, 01 Jan 2026 00:01:00', etag: '"a"' }, 'fwd=stale 2'],
    ['Expires with the wrong day of the week', { expires: 'Mon, 01 Jan 2026 00:01:00 GMT' }, 'hit 50 1'],
    ['Expires under a clock a day ahead', { expires: http(86_460), date: http(86_400) }, 'hit 50 1'],
    ['a Date a day ahead', cc('max-age=60', { date: http(86_400) }), 'hit 50 1'],
    ['an invalid Date', cc('max-age=60', { date: 'yesterday' }), 'hit 50 1'],
    ['a Date twice', cc('max-age=60', { date: `${http(0)}, ${http(0)}` }), 'hit 50 1'],
    ['an ETag without quotes', cc('max-age=60', { etag: 'abc' }), 'hit 50 1'],
    ['an ETag twice', cc('max-age=60', { etag: '"a", "a"' }), 'hit 50 1'],
    ['a Content-Length below the body’s', cc('max-age=60', { 'content-length': '2' }), 'hit 50 1'],
    ['a Content-Length twice', cc('max-age=60', { 'content-length': '4, 4' }), 'hit 50 1'],
    ['an unknown coding', cc('max-age=60', { 'content-encoding': 'aws-chunked', 'content-length': '99' }), 'hit 50 1'],
    ['a Content-Range with 200', cc('max-age=60', { 'content-range': 'bytes 0-3/8' }), 'hit 50 1'],
    [
      "Spring's Vary",
      cc('max-age=60', { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' }),
      'hit 50 1',
    ],
    [
      'a Vary on headers that proxies add',
      cc('max-age=60', { vary: 'X-Forwarded-Proto, CloudFront-Viewer-Country' }),
      'hit 50 1',
    ],
    ['a Vary with empty members', cc('max-age=60', { vary: 'Accept-Encoding, accept-encoding,, ' }), 'hit 50 1'],
    ['a Vary that is not a list of names', cc('max-age=60', { vary: 'Accept-Encoding; Origin' }), 'hit 50 1'],
    ['an attachment with a cookie', cc('max-age=60', { 'content-disposition': 'attachment' }), 'hit 50 1'],
  ])('%s', async (_, headers, expected) => expect(await later(headers)).toBe(expected));
});

it('if each server of a cluster has a different ETag, the worker reports no changed tile to pages', async () => {
  const world = createWorld();
  const cache = world.start();
  let server = 0;
  let body = 'tile';
  world.answer = () =>
    new Response(body, {
      headers: {
        'content-type': 'application/octet-stream',
        'cache-control': 'max-age=1, stale-while-revalidate=600',
        etag: `W/"server-${(server += 1) % 3}"`,
      },
    });
  for (let i = 0; i < 6; i += 1) {
    await world.get(cache, url);
    world.clock.now += 5_000;
  }
  expect(world.asked).toHaveLength(6);
  const told = async () => {
    await cache.settled();
    return world.posted.map((message) => (message as { type: string }).type);
  };
  expect(await told()).not.toContain('TILES_UPDATED');
  body = 'other';
  await world.get(cache, url);
  await world.get(cache, url);
  expect(await told()).toContain('TILES_UPDATED');
});
