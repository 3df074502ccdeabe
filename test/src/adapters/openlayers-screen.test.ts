// @vitest-environment happy-dom
import { getForViewAndSize, getRotatedViewport } from 'ol/extent.js';
import OLMap from 'ol/Map.js';
import View from 'ol/View.js';
import LayerGroup from 'ol/layer/Group.js';
import TileLayer from 'ol/layer/Tile.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import { clearUserProjection, fromLonLat, useGeographic } from 'ol/proj.js';
import VectorTile from 'ol/source/VectorTile.js';
import XYZ from 'ol/source/XYZ.js';
import { afterEach, describe, expect, it } from 'vitest';
import { createScreen } from '../../../src/adapters/openlayers-screen';
import { openlayersSupply } from '../../../src/adapters/openlayers-supply';
import { openlayersView } from '../../../src/adapters/openlayers-view';
import { tileKey } from '../../../src/screen/tile-key';
import { tilesIn } from '../../../src/prefetch/boxes';

afterEach(() => clearUserProjection());

const SIZE = [512, 512];
type Wide = Partial<ConstructorParameters<typeof View>[0]>;

/** A map of 512 pixels over Hamburg with a layer, which is in a group. */
function setup({ layer: more, ...view }: Wide & { layer?: object } = {}) {
  const source = new XYZ({ url: '/tiles/{z}/{x}/{y}.png' });
  const layer = new TileLayer({ source, ...more });
  const group = new LayerGroup({ layers: [layer] });
  const map = new OLMap({ layers: [group], view: new View({ center: fromLonLat([10, 53.5]), zoom: 6, ...view }) });
  map.setSize(SIZE);
  const supply = openlayersSupply(source, () => map);
  return { layer, group, map, supply, source, screen: createScreen(layer as never, source) };
}

const keys = (tiles: Iterable<{ z: number; x: number; y: number }> = []) => [...tiles].map(tileKey).sort();
/** The tiles that OpenLayers requests in its own frame. */
const box = ({ supply }: ReturnType<typeof setup>) => keys(tilesIn(supply.box(supply.camera()!)!));

describe('the view of an OpenLayers map', () => {
  it('is the same in the user’s projection', () => {
    const plain = setup();
    useGeographic();
    const geographic = setup({ center: [10, 53.5] });
    expect(keys(geographic.screen.cover()?.wanted)).toEqual(keys(plain.screen.cover()?.wanted));
    expect(keys(plain.screen.cover()?.wanted)).toHaveLength(9);
    const [looks, same] = [geographic.screen.looksAt()!, plain.screen.looksAt()!];
    expect(looks.zoom).toBe(6);
    looks.bbox.forEach((edge, i) => expect(edge).toBeCloseTo(same.bbox[i]!, 9));
    const camera = geographic.supply.camera()!;
    expect(camera.center[0]).toBeCloseTo(10, 9);
    expect(camera.center[1]).toBeCloseTo(53.5, 9);
    expect(box(geographic)).toEqual(box(plain));
  });

  it.each<[string, Wide]>([
    ['padding', { padding: [0, 0, 0, 400] }],
    ['turned', { rotation: 0.5 }],
    ['turned, with padding', { rotation: -2, padding: [100, 0, 50, 0] }],
  ])('is what OpenLayers requests: %s', (_, view) => {
    const { screen, map, source } = setup(view);
    const { center, resolution, rotation } = map.getView().getState();
    const grid = source.getTileGrid()!;
    const range = grid.getTileRangeForExtentAndZ(getForViewAndSize(center, resolution, rotation, SIZE), 6);
    const ring = getRotatedViewport(center, resolution, rotation, SIZE);
    const asked = [];
    for (let x = range.minX; x <= range.maxX; x++)
      for (let y = range.minY; y <= range.maxY; y++)
        if (!rotation || grid.tileCoordIntersectsViewport([6, x, y], ring)) asked.push({ z: 6, x, y });
    expect(keys(screen.cover()?.wanted)).toEqual(keys(asked));
  });

  it('is the target of a flight, with padding', () => {
    const one = setup({ padding: [0, 0, 0, 400] });
    const target = one.supply.box({ center: [-74, 40.7], zoom: 8 })!;
    one.map.getView().setCenter(fromLonLat([-74, 40.7]));
    one.map.getView().setZoom(8);
    expect(keys(tilesIn(target))).toEqual(keys(one.screen.cover()?.wanted));
  });

  it('is empty for a layer that is hidden, alone or with its group, or has nothing at this zoom or place', () => {
    const here = setup();
    expect(here.screen.cover()?.wanted).not.toHaveLength(0);
    here.group.setVisible(false);
    expect(here.screen.cover()?.wanted).toEqual([]);
    const [west, south, east, north] = [fromLonLat([-80, 30]), fromLonLat([-70, 40])].flat() as number[];
    for (const layer of [{ visible: false }, { minZoom: 7 }, { maxZoom: 5 }, { extent: [west, south, east, north] }])
      expect(setup({ layer }).screen.cover()?.wanted).toEqual([]);
  });

  it.each([
    ['it is shown', {}, true],
    ['it is hidden', { visible: false }, false],
    ['it has nothing at this zoom', { minZoom: 7 }, false],
  ])('has a tile of the renderer, if %s', (_, more, visible) => {
    const { layer, screen } = setup({ layer: more });
    const tile = { tileCoord: [6, 33, 20], getState: () => 2 };
    const getTileCache = () => ({ getKeys: () => ['a'], peek: () => tile });
    Object.assign(layer, { hasRenderer: () => true, getRenderer: () => ({ getTileCache }) });
    expect(screen.places()).toEqual([{ cacheKey: 'a', tile, ids: [{ z: 6, x: 33, y: 20 }], visible }]);
  });

  it('is the part within the layer’s extent, also in the user’s projection', () => {
    const corners = [
      [9.9, 53.4],
      [10.1, 53.6],
    ] as const;
    const mercator = setup({ layer: { extent: corners.flatMap((corner) => fromLonLat([...corner])) } });
    expect(keys(mercator.screen.cover()?.wanted)).toEqual(['6/33/20']);
    useGeographic();
    const degrees = setup({ center: [10, 53.5], layer: { extent: corners.flat() } });
    expect(keys(degrees.screen.cover()?.wanted)).toEqual(['6/33/20']);
  });

  it('names its grid if the tiles have no place in Web Mercator', () => {
    expect(setup().screen.looksAt()).not.toHaveProperty('crs');
    const degrees = setup({ projection: 'EPSG:4326', center: [10, 53.5] });
    expect(degrees.screen.looksAt()).toMatchObject({ crs: 'EPSG:4326' });
  });

  it('is unknown for a layer that draws with WebGL', () => {
    const { layer, screen } = setup();
    Object.assign(layer, { hasRenderer: () => true, getRenderer: () => ({}) });
    expect(screen.cover()).toBeUndefined();
  });

  it('needs the origin’s tiles beyond a vector source’s last zoom', () => {
    const source = new VectorTile({ url: '/tiles/{z}/{x}/{y}.pbf', maxZoom: 4 });
    const layer = new VectorTileLayer({ source });
    const map = new OLMap({ layers: [layer], view: new View({ center: fromLonLat([10, 53.5]), zoom: 8 }) });
    map.setSize(SIZE);
    const screen = createScreen(layer as never, source);
    expect(screen.cover()?.wanted).toEqual([{ z: 4, x: 8, y: 5 }]);
    const tile = (x: number, y: number, state = 2) => ({
      tileCoord: [7, x, y],
      sourceTiles: [],
      getState: () => state,
    });
    const drawn = (...all: Array<ReturnType<typeof tile>>) => {
      const getTileCache = () => ({ getKeys: () => Object.keys(all), peek: (key: string) => all[Number(key)] });
      Object.assign(layer, { hasRenderer: () => true, getRenderer: () => ({ getTileCache }) });
      return screen.cover()?.drawn;
    };
    const cuts = [tile(67, 40), tile(67, 41), tile(68, 40), tile(68, 41)] as const;
    expect(drawn(...cuts)).toEqual([{ z: 4, x: 8, y: 5 }]);
    expect(drawn(...cuts.slice(1), tile(67, 40, 3))).toEqual([]);
  });

  it('has the origin’s tile indices, in every copy of the world', () => {
    const { screen } = setup({ center: fromLonLat([179, 53.5]) });
    const { wanted, idOf } = screen.cover()!;
    expect(Math.max(...wanted.map(({ x }) => x))).toBeGreaterThan(63);
    for (const tile of wanted) expect(idOf!(tile)).toEqual({ ...tile, x: tile.x % 64 });
  });

  it('has tiles at the places of their own grid', () => {
    const { map, screen } = setup({ projection: 'EPSG:4326', center: [10, 53.5] });
    Object.assign(map, { getTargetElement: () => ({}) });
    const { corners } = screen.view()!;
    expect(corners!({ z: 1, x: 1, y: 0 })).toBeUndefined();
    Object.assign(map, { frameState_: { coordinateToPixelTransform: [1, 0, 0, -1, 0, 0] } });
    // One tile of OpenLayers' zoom 0 is as wide as the world, and begins at its top.
    expect(corners!({ z: 1, x: 1, y: 0 })).toEqual([
      { x: 0, y: -90 },
      { x: 180, y: -90 },
      { x: 180, y: 90 },
      { x: 0, y: 90 },
    ]);
  });

  it('lies on the screen where OpenLayers draws it, also in the user’s projection', () => {
    useGeographic();
    const { map } = setup({ center: [10, 53.5] });
    Object.assign(map, {
      getTargetElement: () => ({}),
      frameState_: { coordinateToPixelTransform: [1, 0, 0, 1, 0, 0] },
    });
    const [x, y] = fromLonLat([10, 53.5]) as [number, number];
    const pixel = openlayersView(map)!.project(10, 53.5)!;
    expect([pixel.x, pixel.y].map(Math.round)).toEqual([x, y].map(Math.round));
  });
});
