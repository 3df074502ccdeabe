// URLs that no page can request, and unusually many URLs.
import { describe, expect, it } from 'vitest';
import { ORIGIN } from '../fakes/world';
import { createRegionWorld, SMALL, urlsOf } from './world';

const STYLE = `${ORIGIN}/style.json`;
const PASSWORD = 'hunter2';

function withStyle(style: object) {
  const template = ['/style.json', '/data/*', 'https://other.example/*'];
  const world = createRegionWorld({ layers: { roads: { maxAge: 60 }, assets: { template, maxAge: 60 } } });
  world.content = (path) =>
    path === '/style.json' ? JSON.stringify({ version: 8, sources: {}, layers: [], ...style }) : `{"path":"${path}"}`;
  return world;
}

describe('a style', () => {
  it.each<[string, object, number]>([
    ['a source', { sources: { a: { type: 'geojson', data: `https://me:${PASSWORD}@other.example/a` } } }, 1],
    ['a sprite', { sprite: `https://me:${PASSWORD}@other.example/sprite` }, 4],
  ])('with a user and a password in %s lacks only this part', async (_, style, failed) => {
    const world = withStyle(style);
    await world.ask({ action: 'save', spec: { ...SMALL, style: STYLE } });
    const [info] = await world.finish();
    expect(info).toMatchObject({ state: 'incomplete', failed, tiles: urlsOf(SMALL).length + 1 });
    expect(info?.failures[0]?.reason).toMatch(/no layer of the worker has https:\/\/other\.example\//);
    expect(JSON.stringify(info)).not.toContain(PASSWORD);
  });

  it.each(['not a URL', `https://me:${PASSWORD}@map.example/style.json`, 'mapbox://styles/me'])(
    'that cannot be requested is reported: %s',
    async (style) => {
      const world = withStyle({});
      await world.ask({ action: 'save', spec: { ...SMALL, style } });
      expect(await world.finish()).toMatchObject([{ state: 'incomplete', failed: 1, tiles: urlsOf(SMALL).length }]);
    },
  );

  it('with many sources is stored with the TileJSON of each', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `/data/${i}.json`);
    const world = withStyle({ sources: Object.fromEntries(names.map((url) => [url, { type: 'vector', url }])) });
    await world.ask({ action: 'save', spec: { ...SMALL, style: STYLE } });
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: urlsOf(SMALL).length + 1 + names.length }]);
    for (const url of names) expect(await world.offline(url)).toContain(url);
  });
});

describe('a template', () => {
  it('with quadkeys has all zooms except 0, which has no quadkey', async () => {
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, template: '/tiles/a{quadkey}' } } });
    const spec = { ...SMALL, layers: ['roads'] };
    await expect(world.ask({ action: 'save', spec: { ...spec, zooms: [0, 10] } })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      field: 'zooms[0]',
    });
    expect(world.asked).toEqual([]);
    const total = urlsOf(SMALL).length;
    await world.ask({ action: 'save', spec });
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: total, total }]);
    expect(await world.offline('/tiles/a12020')).toBe('one /tiles/a12020');
  });

  it.each([`https://me:${PASSWORD}@map.example/tiles/roads/{z}/{x}/{y}`, 'http://[{z}/{x}/{y}'])(
    'that cannot be requested is refused before the first request: %s',
    async (template) => {
      const world = createRegionWorld();
      const saving = world.ask({ action: 'save', spec: { ...SMALL, layers: [{ layer: 'roads', template }] } });
      const error = await saving.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'INVALID_OPTION', field: 'layers[0].template' });
      expect((error as Error).message).not.toContain(PASSWORD);
      expect(world.asked).toEqual([]);
    },
  );
});
