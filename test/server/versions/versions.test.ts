import { describe, expect, it } from 'vitest';
import type { ClientOrders } from '../../../src/shared/manifest';
import { withoutOrders } from '../../../src/shared/read-orders';
import { parseManifest } from '../../../src/shared/parse-manifest';
import { publishRequest, request, testOrigin } from '../helpers';

async function published() {
  const { origin } = testOrigin({ layers: { flood_zones: { preset: 'poi' } } });
  await origin.fetch(publishRequest({ layer: 'flood_zones', version: '3f2a9c1b' }));
  return origin;
}

describe('the version endpoint', () => {
  it('answers with the manifest of all layers, which caches must revalidate', async () => {
    const response = await (await published()).fetch(request('/api/tile-version'));
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const body = await response.text();
    expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(body));
    expect(parseManifest(JSON.parse(body)).layers.flood_zones).toEqual({ version: '3f2a9c1b', revision: 1 });
  });

  it.each(['/api/tile-version?layer=flood_zones', '/api/tile-version/flood_zones'])(
    'answers with one layer at %s',
    async (path) => {
      const response = await (await published()).fetch(request(path));
      expect(await response.json()).toEqual({ version: '3f2a9c1b', revision: 1 });
    },
  );

  it('answers 304 to the ETag it gave, until something is published', async () => {
    const origin = await published();
    const etag = (await origin.fetch(request('/api/tile-version'))).headers.get('etag')!;
    const ask = () =>
      origin.fetch(request('/api/tile-version', { headers: { 'if-none-match': `"other", W/${etag}` } }));
    const unchanged = await ask();
    expect([unchanged.status, unchanged.headers.get('etag'), await unchanged.text()]).toEqual([304, etag, '']);
    await origin.fetch(publishRequest({ layer: 'flood_zones', version: 'next' }));
    expect((await ask()).status).toBe(200);
  });

  it('carries the operator’s orders to pages, with its own ETag', async () => {
    let client: ClientOrders | undefined;
    const { origin } = testOrigin({ versions: { client: () => client } });
    await origin.fetch(publishRequest({ layer: 'flood_zones', version: 'a' }));
    const read = async () => {
      const response = await origin.fetch(request('/api/tile-version'));
      return { etag: response.headers.get('etag'), body: (await response.json()) as { client?: object } };
    };
    const before = await read();
    expect(before.body).not.toHaveProperty('client');
    client = { worker: 'off', reload: '7' };
    const asked = await read();
    expect(asked.body.client).toEqual({ worker: 'off', reload: '7' });
    expect(asked.etag).not.toBe(before.etag);
    expect(parseManifest(withoutOrders(asked.body)).layers.flood_zones?.version).toBe('a');
    // An invalid order must not make the versions unreadable.
    client = { worker: 'pause' } as never;
    expect(await read()).toEqual(before);
  });

  it('invalid fixed orders are refused when the origin is created', () => {
    expect(() => testOrigin({ versions: { client: { wroker: 'off' } as never } })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        field: 'versions.client.wroker',
        remedy: 'Did you mean worker?',
      }),
    );
    expect(() => testOrigin({ versions: { client: { worker: 'pause' as never } } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'versions.client.worker' }),
    );
  });

  it('may be cached by a CDN for a moment, and never by browsers', async () => {
    const { origin } = testOrigin({ versions: { sharedMaxAge: 5 } });
    const { headers } = await origin.fetch(request('/api/tile-version'));
    expect([headers.get('cache-control'), headers.get('cdn-cache-control'), headers.get('surrogate-control')]).toEqual([
      'no-cache',
      'max-age=5',
      'max-age=5',
    ]);
    expect(() => testOrigin({ versions: { sharedMaxAge: 0.5 } })).toThrow(
      expect.objectContaining({ field: 'versions.sharedMaxAge' }),
    );
  });

  it('answers HEAD without a body and refuses other methods', async () => {
    const origin = await published();
    const head = await origin.fetch(request('/api/tile-version', { method: 'HEAD' }));
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await origin.fetch(request('/api/tile-version', { method: 'POST' }))).headers.get('allow')).toBe(
      'GET, HEAD',
    );
  });

  it.each(['/api/tile-version?layer=constructor', '/api/tile-version/%E0%A4%A'])('answers 404 at %s', async (path) => {
    expect((await (await published()).fetch(request(path))).status).toBe(404);
  });

  it('answers 503 while the store cannot be read, and recovers', async () => {
    let broken = true;
    const { origin } = testOrigin({
      store: {
        read: async () => {
          if (broken)
            throw Object.assign(new Error('no disk'), { name: 'TileCacheError', code: 'STORAGE_FAILED', remedy: 'x' });
          return { sequence: 0, revision: 0, layers: {} };
        },
        update: async () => ({ sequence: 0, revision: 0, layers: {} }),
        watch: async () => () => undefined,
        close: async () => undefined,
      },
    });
    expect((await origin.fetch(request('/api/tile-version'))).status).toBe(503);
    broken = false;
    expect((await origin.fetch(request('/api/tile-version'))).status).toBe(200);
  });
});
