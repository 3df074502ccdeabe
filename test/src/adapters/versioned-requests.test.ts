import { beforeEach, describe, expect, it, vi } from 'vitest';
import { versionedRequests } from '../../../src/adapters/versioned-requests';

const client = { version: (layer: string) => ({ roads: 'a b', pois: '7' })[layer] };

beforeEach(() => void vi.stubGlobal('location', new URL('https://map.example/app/')));

describe('versionedRequests', () => {
  const transform = versionedRequests(client);

  it('adds the version of the layer in the path', () => {
    expect(transform('/tiles/roads/1/0/0.pbf', 'Tile' as never)).toEqual({
      url: 'https://map.example/tiles/roads/1/0/0.pbf?v=a+b',
    });
  });

  it('fills the version into the template’s placeholder', () => {
    expect(transform('https://map.example/tiles/roads/%7Bversion%7D/1/0/0.pbf', 'Tile' as never)).toEqual({
      url: 'https://map.example/tiles/roads/a%20b/1/0/0.pbf',
    });
  });

  it('leaves the other parameters unchanged', () => {
    expect(transform('/tiles/roads/1/0/0.pbf?list=a,b&sig=x%20y~(z)', 'Tile' as never)).toEqual({
      url: 'https://map.example/tiles/roads/1/0/0.pbf?list=a,b&sig=x%20y~(z)&v=a+b',
    });
  });

  it.each([
    '/tiles/rivers/1/0/0.pbf',
    '/tiles/100%/1/0/0.pbf',
    'https://other.example/tiles/roads/1/0/0.pbf',
    '/other/1.pbf',
  ])('leaves %s unchanged', (url) => {
    expect(transform(url, 'Tile' as never)).toEqual({ url });
  });

  it('leaves other requests unchanged', () => {
    expect(transform('/tiles/roads/style.json', 'Style' as never)).toBeUndefined();
  });

  it('takes the layer of the longest prefix, in whatever order they are given', () => {
    const byPrefix = versionedRequests(client, { layers: { pois: '/tiles/', roads: '/tiles/roads/' } });
    const asked = ['/tiles/roads/1/0/0.pbf', '/tiles/rivers/1/0/0.pbf'].map((url) => byPrefix(url, 'Tile' as never));
    expect(asked).toEqual([
      { url: 'https://map.example/tiles/roads/1/0/0.pbf?v=a+b' },
      { url: 'https://map.example/tiles/rivers/1/0/0.pbf?v=7' },
    ]);
  });

  it('keeps a version that is there, and takes layers by prefix', () => {
    const byPrefix = versionedRequests(client, { layers: { pois: 'https://cdn.example/p/' }, param: 'rev' });
    expect(byPrefix('https://cdn.example/p/1/0/0.pbf?rev=1', 'Tile' as never)).toEqual({
      url: 'https://cdn.example/p/1/0/0.pbf?rev=1',
    });
    expect(byPrefix('https://cdn.example/p/1/0/0.pbf', 'Tile' as never)).toEqual({
      url: 'https://cdn.example/p/1/0/0.pbf?rev=7',
    });
  });

  it('continues with the result of the page’s own function, sync or async', async () => {
    const headers = { authorization: 'x' };
    const now = versionedRequests(client, { next: (url) => ({ url, headers }) });
    expect(now('/tiles/pois/1/0/0.pbf', 'Tile' as never)).toEqual({
      url: 'https://map.example/tiles/pois/1/0/0.pbf?v=7',
      headers,
    });
    const later = versionedRequests(client, { next: (async (url: string) => ({ url, headers })) as never });
    expect(await later('/tiles/pois/1/0/0.pbf', 'Tile' as never)).toEqual({
      url: 'https://map.example/tiles/pois/1/0/0.pbf?v=7',
      headers,
    });
  });

  it('refuses an invalid prefix', () => {
    expect(() => versionedRequests(client, { layers: { roads: 'http://[' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'layers.roads' }),
    );
  });
});
