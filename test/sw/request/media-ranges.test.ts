// A media element requests ranges in a mode in which any change of the request drops the Range header.
import { expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const OWN = '/tiles/film/clip.mp4';
const FAR = 'https://media.example/film/clip.mp4';
const layers = { film: { template: ['/tiles/film/*', 'https://media.example/film/*'] } };
const part = () =>
  new Response('film', {
    status: 206,
    headers: { 'content-type': 'video/mp4', 'content-range': 'bytes 0-3/100', 'cache-control': 'max-age=600' },
  });

/** Requests a range, after a purge of the layer or not. Returns how the worker sent the request. */
async function ask(url: string, { purged = true, answer = part as (request: Request) => Response } = {}) {
  const world = createWorld();
  const cache = world.start({ layers });
  const sent: object[] = [];
  world.answer = (request) => {
    const { mode, credentials, cache, headers } = request;
    sent.push({ mode, credentials, cache, range: headers.get('range') });
    return answer(request);
  };
  if (purged) await cache.message({ type: 'CACHE_INVALIDATE', id: 'p', layer: 'film' }, undefined);
  const init: RequestInit = { mode: 'no-cors', credentials: 'include', headers: { range: 'bytes=0-3' } };
  const { status } = await world.get(cache, url, init);
  return { status, sent };
}

const asAsked = { mode: 'no-cors', credentials: 'include', range: 'bytes=0-3' };

it.each([OWN, FAR])('a request for %s is sent unchanged if nothing was purged', async (url) => {
  expect(await ask(url, { purged: false })).toEqual({ status: 206, sent: [{ ...asAsked, cache: 'default' }] });
});

it.each([
  [OWN, { mode: 'same-origin', credentials: 'include' }],
  [FAR, { mode: 'cors', credentials: 'same-origin' }],
])('a request for %s bypasses the HTTP cache after a purge, and keeps its Range', async (url, way) => {
  const sent = [{ ...way, cache: 'no-cache', range: 'bytes=0-3' }];
  expect(await ask(url)).toEqual({ status: 206, sent });
});

it.each<[string, () => Response]>([
  [
    'sends no CORS headers',
    () => {
      throw new TypeError('Failed to fetch');
    },
  ],
  ['requires cookies', () => new Response('log in', { status: 403 })],
])('a host that %s gets the request as the page sent it, but past the HTTP cache', async (_, refuse) => {
  const answer = (request: Request) => (request.mode === 'cors' ? refuse() : part());
  const { status, sent } = await ask(FAR, { answer });
  expect(status).toBe(206);
  expect(sent).toMatchObject([{ mode: 'cors' }, { mode: 'no-cors', credentials: 'include', cache: 'no-cache' }]);
});
