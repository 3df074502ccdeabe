// A purge with a box or zooms that can reach no tile is refused, and never reported as applied.
import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../fakes/world';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const send = async (cache: ReturnType<World['start']>, more: object) => {
  const acks: any[] = [];
  await cache.message(
    { type: 'CACHE_INVALIDATE', layer: 'base', ...more },
    { postMessage: (message: unknown) => void acks.push(message) },
  );
  return acks[0];
};
const bbox = [-10, -10, 10, 10];
const from = (response: Response) => (response.headers.get('cache-status')?.includes('hit') ? 'store' : 'origin');
const wms = (crs: string, box: string) =>
  `/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.1.1&LAYERS=a&WIDTH=256&HEIGHT=256&SRS=${crs}&BBOX=${box}`;

describe('a purge with a box', () => {
  it('of templates without coordinates is refused, and changes nothing', async () => {
    const cache = world.start({ layers: { base: { template: '/sprites/base.png', maxAge: 60 } } });
    await world.get(cache, '/sprites/base.png');
    expect(await send(cache, { bbox })).toMatchObject({
      ok: false,
      error: { code: 'UNREACHABLE_TILES', field: 'bbox', remedy: expect.stringContaining('whole layer') },
    });
    expect(await send(cache, { zooms: [1, 2] })).toMatchObject({ ok: false, error: { field: 'zooms' } });
    expect(from(await world.get(cache, '/sprites/base.png'))).toBe('store');
    expect(await send(cache, {})).toMatchObject({ ok: true, result: { applied: true } });
    expect(from(await world.get(cache, '/sprites/base.png'))).toBe('origin');
  });

  it('of a WMS in an unknown grid is refused, even after a restart', async () => {
    const layers = { base: { template: '/wms*', maxAge: 60 } };
    const cache = world.start({ layers });
    await world.get(cache, wms('EPSG:2056', '1,2,3,4'));
    expect(await send(cache, { bbox })).toMatchObject({ ok: false, error: { code: 'UNREACHABLE_TILES' } });
    expect(await send(world.start({ layers }), { bbox })).toMatchObject({ ok: false });
  });

  it('of a WMS reaches exactly the images that the box touches', async () => {
    const cache = world.start({ layers: { base: { template: '/wms*', maxAge: 60 } } });
    const near = wms('EPSG:3857', '0,0,5009377.085697312,5009377.085697312');
    const far = wms('EPSG:4326', '100.5,40,130,55');
    for (const url of [near, far]) await world.get(cache, url);
    expect(await send(cache, { bbox, buffer: 0 })).toMatchObject({ ok: true, result: { applied: true } });
    expect(from(await world.get(cache, near))).toBe('origin');
    expect(from(await world.get(cache, far))).toBe('store');
  });

  it('of a layer is refused if it also has URLs of features, which no box reaches', async () => {
    const cache = world.start({ layers: { base: { template: ['/t/{z}/{x}/{y}.bin', '/wfs*'], maxAge: 60 } } });
    const features = '/wfs?SERVICE=WFS&REQUEST=GetFeature&TYPENAME=a&BBOX=0,0,9,9,urn:ogc:def:crs:EPSG::3857';
    for (const url of ['/t/3/4/2.bin', features]) await world.get(cache, url);
    expect(await send(cache, { bbox })).toMatchObject({ ok: false, error: { code: 'UNREACHABLE_TILES' } });
    expect(from(await world.get(cache, features))).toBe('store');
  });

  it('does not count metadata as unreachable tiles', async () => {
    const cache = world.start({ layers: { base: {} } });
    await world.get(cache, '/tiles/base/tilejson.json');
    expect(await send(cache, { bbox })).toMatchObject({ ok: true });
  });
});
