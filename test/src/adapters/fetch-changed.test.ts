import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchChanged } from '../../../src/adapters/load-image';

const URL = 'https://tiles.example/roads/3/1/2.png';
let modes: unknown[];
let cancelled: number;

/** Opens a page with or without a controller, whose requests get a response with these headers and this type. */
function open(controller: object | null, headers: Record<string, string>, type: ResponseType = 'cors') {
  vi.stubGlobal('navigator', { serviceWorker: { controller } });
  vi.stubGlobal('fetch', async (_: string, { cache }: RequestInit) => {
    modes.push(cache);
    const body = new ReadableStream({ cancel: () => void (cancelled += 1) });
    return Object.defineProperty(new Response(body, { headers }), 'type', { value: type });
  });
}

beforeEach(() => {
  modes = [];
  cancelled = 0;
});
afterEach(() => vi.unstubAllGlobals());

describe('a changed tile', () => {
  it('is the worker’s answer', async () => {
    open({}, { 'cache-status': 'edge; hit, sw-tile-cache; fwd=stale; stored' });
    const { headers } = await fetchChanged(URL, {});
    expect([modes, cancelled, headers.has('cache-status')]).toEqual([['default'], 0, true]);
  });

  // No layer has the URL, or the policy of the worker's script forbids the host: the HTTP cache answered with old bytes.
  it.each([{}, { 'cache-status': 'edge; hit' }])(
    'is requested from the origin if the worker leaves it to the browser: %o',
    async (headers) => {
      open({}, headers as Record<string, string>);
      await fetchChanged(URL, {});
      expect([modes, cancelled]).toEqual([['default', 'no-cache'], 1]);
    },
  );

  it('is requested once, from the origin, if no worker controls the page', async () => {
    open(null, {});
    await fetchChanged(URL, {});
    expect(modes).toEqual(['no-cache']);
  });

  it('is requested once if the page may not see who answered', async () => {
    open({}, {}, 'opaque');
    await fetchChanged(URL, {});
    expect(modes).toEqual(['default']);
  });
});
