import { describe, expect, it, vi } from 'vitest';
import { TileCacheError } from '../../../src/shared/errors';
import { createTileMatcher } from '../../../src/shared/tile-matcher';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { narrate } from '../../../sw/debug/narrate';
import { explaining } from '../../../sw/debug/refusal';
import { way } from '../../../sw/debug/way';

const origin = 'https://maps.example';
const match = createTileMatcher({ layers: [resolveLayer('roads', { maxAge: 60 })], origin, scope: `${origin}/` });
const url = `${origin}/tiles/roads/3/4/2.png?access_token=s3cr3t-of-a-user&odd=9f8e7d6c5b4a3f2e1d0c9f8e`;
const address = match(url)!;
const request = new Request(url);

const seen = (cacheStatus: string) => ({
  address,
  request,
  status: 200,
  headers: new Headers({ 'cache-status': cacheStatus, age: '12', 'server-timing': 'sw-tile-cache;desc=hit;dur=1' }),
});

describe('the log of a tile', () => {
  it.each([
    ['sw-tile-cache; hit; ttl=48', 'Answered from the store, without a request to the origin.'],
    [
      'edge; hit, sw-tile-cache; fwd=stale; fwd-status=304',
      'because the stored tile was stale; the origin answered 304.',
    ],
    ['edge; hit, sw-tile-cache; fwd=miss; stored', 'because nothing usable was stored.'],
    ['sw-tile-cache; detail=only-if-cached', 'Nothing stored could answer'],
  ])('%s', (status, words) => {
    const lines = way(seen(status));
    expect(lines[0]).toContain('roads 3/4/2');
    expect(lines.join('\n')).toContain(words);
    expect(lines.join('\n')).toContain('maxAge 60 s');
  });

  it('contains no secret of the URL', () => {
    expect(way(seen('sw-tile-cache; hit')).join('\n')).not.toMatch(/s3cr3t|9f8e7d/);
  });

  it('is one group, which is printed when the work after the answer has ended', async () => {
    const console = { groupCollapsed: vi.fn(), groupEnd: vi.fn(), log: vi.fn() };
    let end = () => {};
    const done = new Promise<void>((resolve) => (end = resolve));
    const response = Promise.resolve(new Response('', { headers: { 'cache-status': 'sw-tile-cache; hit' } }));
    const handled = narrate(() => ({ response, done }), { console, now: () => 0 })({ request, address });
    expect(handled.response).toBe(response);
    await response;
    expect(console.groupCollapsed).not.toHaveBeenCalled();
    end();
    await handled.done;
    expect(console.groupCollapsed).toHaveBeenCalledTimes(1);
    expect(console.groupEnd).toHaveBeenCalledTimes(1);
    expect(console.log.mock.calls.length).toBeGreaterThan(3);
  });

  it('is printed even if there was no answer', async () => {
    const console = { groupCollapsed: vi.fn(), groupEnd: vi.fn(), log: vi.fn() };
    const response = Promise.reject(new TypeError('Failed to fetch'));
    await narrate(() => ({ response, done: Promise.resolve() }), { console, now: () => 0 })({ request, address }).done;
    expect(console.groupCollapsed.mock.calls[0]![0]).toContain('no answer');
    await expect(response).rejects.toThrow();
  });
});

describe('a refused option', () => {
  it('is logged with its remedy, and the error is thrown', () => {
    const error = vi.fn();
    const cause = new TileCacheError({ code: 'INVALID_OPTION', field: 'a', message: 'a must be 1.', remedy: 'Set 1.' });
    expect(() =>
      explaining(
        () => {
          throw cause;
        },
        { error },
      ),
    ).toThrow(cause);
    expect(error).toHaveBeenCalledWith('sw-tile-cache INVALID_OPTION: a must be 1.\nSet 1.');
  });
});
