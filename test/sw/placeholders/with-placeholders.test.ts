import { describe, expect, it } from 'vitest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { createTileMatcher } from '../../../src/shared/tile-matcher';
import type { TileId } from '../../../src/shared/tile';
import { resolvePlaceholderOptions } from '../../../sw/placeholders/options';
import { withPlaceholders } from '../../../sw/placeholders/with-placeholders';
import { createPlaceholders } from '../../../sw/placeholders';

const match = createTileMatcher({
  layers: ['base', 'other'].map((name) => resolveLayer(name, { template: `/tiles/${name}/{z}/{x}/{y}.png` })),
  origin: 'https://map.example',
});
const URL_OF = (tile: TileId, layer = 'base') => `https://map.example/tiles/${layer}/${tile.z}/${tile.x}/${tile.y}.png`;
const TILE = { z: 5, x: 17, y: 9 };
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function setup({ stored = [{ z: 3, x: 4, y: 2 }] as TileId[] } = {}) {
  const asked: string[] = [];
  const updated: TileId[] = [];
  const cuts: object[] = [];
  let wake = () => {};
  let finish: (response: Response | Error) => void = () => {};
  let written = () => {};
  const handle = withPlaceholders(
    () => ({
      response: new Promise(
        (resolve, reject) => (finish = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome))),
      ),
      done: new Promise<void>((resolve) => (written = resolve)),
    }),
    {
      match,
      sleep: () => new Promise<void>((resolve) => (wake = resolve)),
      updated: async (_, tile) => void updated.push(tile),
    },
    resolvePlaceholderOptions({ layers: ['base'] }),
    async (url) => {
      asked.push(url);
      return stored.some((tile) => URL_OF(tile) === url)
        ? { blob: new Blob(['old'], { type: 'image/png' }), age: 77 }
        : undefined;
    },
    async (blob, cut) => (cuts.push(cut), blob),
  );
  const request = (url = URL_OF(TILE), init?: RequestInit) =>
    handle({ request: new Request(url, init), address: match(url)! });
  return {
    request,
    asked,
    updated,
    cuts,
    wake: () => wake(),
    finish: (outcome: Response | Error) => finish(outcome),
    written: () => written(),
  };
}

const isPlaceholder = (response: Response) =>
  response.headers.get('cache-status') === 'sw-tile-cache; fwd=miss; detail=placeholder';

describe('withPlaceholders', () => {
  it('does not touch a tile that arrives in time', async () => {
    const { request, wake, finish, written, asked, updated } = setup();
    const { response, done } = request();
    finish(new Response('tile'));
    expect(await (await response).text()).toBe('tile');
    wake();
    written();
    await done;
    expect([...asked, ...updated]).toEqual([]);
  });

  it('stands in for a slow tile, and tells pages when the tile has arrived', async () => {
    const { request, wake, finish, written, asked, updated, cuts } = setup();
    const { response, done } = request();
    wake();
    const shown = await response;
    expect(isPlaceholder(shown)).toBe(true);
    expect(shown.headers.get('age')).toBe('77');
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(asked).toEqual([URL_OF({ z: 4, x: 8, y: 4 }), URL_OF({ z: 3, x: 4, y: 2 })]);
    expect(cuts).toEqual([{ left: 0.25, top: 0.25, size: 0.25 }]);
    finish(new Response('tile'));
    await settle();
    expect(updated).toEqual([]);
    written();
    await done;
    expect(updated).toEqual([TILE]);
  });

  it.each([504, 503, 429])(
    'stands in at once for a %d, and does not tell pages that the tile has arrived',
    async (status) => {
      const { request, finish, written, updated } = setup();
      const { response, done } = request();
      finish(new Response(null, { status }));
      expect(isPlaceholder(await response)).toBe(true);
      written();
      await done;
      expect(updated).toEqual([]);
    },
  );

  it('stands in for a network error, and passes it on if nothing is stored', async () => {
    const one = setup();
    const first = one.request();
    one.finish(new TypeError('down'));
    expect(isPlaceholder(await first.response)).toBe(true);
    const none = setup({ stored: [] });
    const second = none.request();
    none.finish(new TypeError('down'));
    await expect(second.response).rejects.toThrow('down');
  });

  it.each([404, 410, 204])('passes on a %d', async (status) => {
    const { request, finish, asked } = setup();
    const { response } = request();
    finish(new Response(null, { status }));
    expect((await response).status).toBe(status);
    expect(asked).toEqual([]);
  });

  it('continues to wait if no ancestor is stored', async () => {
    const { request, wake, finish, written, asked, updated } = setup({ stored: [] });
    const { response, done } = request();
    wake();
    await settle();
    finish(new Response('tile'));
    expect(await (await response).text()).toBe('tile');
    written();
    await done;
    expect(asked).toHaveLength(4);
    expect(updated).toEqual([]);
  });

  it.each([
    ['another layer', URL_OF(TILE, 'other'), {}],
    ['a range of a tile', URL_OF(TILE), { headers: { range: 'bytes=0-9' } }],
    ['a HEAD request', URL_OF(TILE), { method: 'HEAD' }],
  ])('does not touch %s', async (_, url, init) => {
    const { request, finish, asked } = setup();
    const { response } = request(url, init);
    finish(new Response(null, { status: 504 }));
    expect((await response).status).toBe(504);
    expect(asked).toEqual([]);
  });
});

describe('createPlaceholders', () => {
  it.each([
    ['layers', {}],
    ['layers', { layers: [] }],
    ['layers', { layers: [3] }],
    ['after', { layers: ['base'], after: -1 }],
    ['levels', { layers: ['base'], levels: 1.5 }],
    ['level', { layers: ['base'], level: 2 }],
  ])('refuses bad %s', (field, options) => {
    expect(() => createPlaceholders(options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field }),
    );
  });

  it('does nothing if the worker cannot draw images', () => {
    const handle = () => ({ response: Promise.resolve(new Response()), done: Promise.resolve() });
    expect(createPlaceholders({ layers: ['base'] })(handle, {} as never)).toBe(handle);
  });
});
