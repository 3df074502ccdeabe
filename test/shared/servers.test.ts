// URLs of real tile servers: the tile of each, and the parts that distinguish tiles.
import { expect, test } from 'vitest';
import type { LayerOptions } from '../../src/shared/layer-options';
import { resolveLayer } from '../../src/shared/resolve-layer';
import { createTileMatcher } from '../../src/shared/tile-matcher';

const origin = 'https://map.test';
const half = Math.PI * 6378137;
const box = (z: number, x: number, y: number) => {
  const size = (2 * half) / 2 ** z;
  return [x * size - half, half - (y + 1) * size, (x + 1) * size - half, half - y * size];
};
const metres = box(3, 4, 2).join();
const gwc = '/geoserver/gwc/service';
const arcgis = '/arcgis/rest/services/a';

test.each<[string, LayerOptions, string, string]>([
  [
    'a box rounded to centimetres',
    { template: '/wms*' },
    `/wms?request=GetMap&srs=EPSG:3857&bbox=${box(14, 8800, 5370).map((value) => value.toFixed(2))}`,
    '14/8800/5370 /wms?request=GetMap&srs=EPSG%3A3857',
  ],
  [
    'a box in scientific notation',
    { template: '/wms*' },
    '/wms?request=GetMap&srs=EPSG:3857&bbox=-2.0037508342789244E+7,0.0,0.0,2.0037508342789244E7',
    '1/0/0 /wms?request=GetMap&srs=EPSG%3A3857',
  ],
  [
    'a system by its URN, latitude first',
    { template: '/wms*' },
    '/wms?request=GetMap&version=1.3.0&crs=urn:ogc:def:crs:EPSG::4326&bbox=0,45,45,90',
    '2/5/1 /wms?crs=urn%3Aogc%3Adef%3Acrs%3AEPSG%3A%3A4326&request=GetMap&version=1.3.0',
  ],
  [
    'a coverage (WCS 1.0)',
    { template: '/wcs*' },
    '/wcs?service=WCS&version=1.0.0&request=GetCoverage&layers=a&crs=EPSG:4326&bbox=0,45,45,90&width=256',
    '2/4/0 /wcs?crs=EPSG%3A4326&layers=a&request=GetCoverage&service=WCS&version=1.0.0&width=256',
  ],
  [
    'MapServer',
    { template: '/cgi-bin/mapserv*' },
    `/cgi-bin/mapserv?map=/srv/a.map&request=GetMap&version=1.1.1&srs=EPSG:3857&bbox=${metres}`,
    '3/4/2 /cgi-bin/mapserv?map=%2Fsrv%2Fa.map&request=GetMap&srs=EPSG%3A3857&version=1.1.1',
  ],
  [
    'GeoWebCache, WMS-C',
    { template: `${gwc}/wms*` },
    `${gwc}/wms?request=GetMap&tiled=true&srs=EPSG:900913&bbox=${metres}&width=256`,
    `3/4/2 ${gwc}/wms?request=GetMap&srs=EPSG%3A900913&tiled=true&width=256`,
  ],
  [
    'GeoWebCache, TMS',
    { template: `${gwc}/tms/1.0.0/ws%3Aroads@EPSG%3A900913@png/{z}/{x}/{-y}.png` },
    `${gwc}/tms/1.0.0/ws:roads@EPSG:900913@png/3/4/5.png`,
    `3/4/2 /-y${gwc}/tms/1.0.0/ws:roads@EPSG:900913@png.png`,
  ],
  [
    'IGN',
    { template: 'https://data.geopf.fr/wmts*' },
    'https://data.geopf.fr/wmts?LAYER=PLANIGNV2&TILEMATRIXSET=PM_0_19&REQUEST=GetTile&TILEMATRIX=3&TILEROW=2&TILECOL=4',
    '3/4/2 /wmts?layer=PLANIGNV2&request=GetTile&tilematrixset=PM_0_19',
  ],
  [
    'swisstopo',
    { template: 'https://wmts{s}.geo.admin.ch/1.0.0/ch.swisstopo.swissimage/default/current/3857/{z}/{x}/{y}.jpeg' },
    'https://wmts10.geo.admin.ch/1.0.0/ch.swisstopo.swissimage/default/current/3857/3/4/2.jpeg',
    '3/4/2 /1.0.0/ch.swisstopo.swissimage/default/current/3857.jpeg',
  ],
  [
    'basemap.at',
    { template: 'https://{s}.wien.gv.at/basemap/geolandbasemap/normal/google3857/{z}/{y}/{x}.png' },
    'https://maps1.wien.gv.at/basemap/geolandbasemap/normal/google3857/3/2/4.png',
    '3/4/2 /,y,x/basemap/geolandbasemap/normal/google3857.png',
  ],
  [
    'ArcGIS, an export of some layers at a time',
    { template: `${arcgis}/MapServer/export*` },
    `${arcgis}/MapServer/export?bbox=${encodeURIComponent(metres)}&size=256%2C256&bboxSR=102100&layers=show%3A0%2C1&time=1200000000000,1300000000000&f=image`,
    `3/4/2 ${arcgis}/MapServer/export?bboxsr=102100&f=image&layers=show%3A0%2C1&size=256%2C256&time=1200000000000%2C1300000000000`,
  ],
  ...['MapServer', 'ImageServer', 'VectorTileServer'].map((server): [string, LayerOptions, string, string] => [
    `ArcGIS, a ${server} that the template does not spell out`,
    { template: '/arcgis/*' },
    `${arcgis}/${server}/tile/3/2/4.pbf`,
    `3/4/2 ${arcgis}/${server}/tile.pbf`,
  ]),
  [
    'Google, shards of which the template names one part',
    { template: 'https://mt{s}.google.com/vt?lyrs=m&x={x}&y={y}&z={z}' },
    'https://mt1.google.com/vt?lyrs=m&hl=en&x=4&y=2&z=3',
    '3/4/2 /vt?lyrs=m&hl=en',
  ],
  [
    'Amap',
    { template: 'https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&style=8&x={x}&y={y}&z={z}' },
    'https://webrd02.is.autonavi.com/appmaptile?x=4&y=2&z=3&lang=zh_cn&size=1&scale=1&style=8',
    '3/4/2 /appmaptile?lang=zh_cn&size=1&scale=1&style=8',
  ],
  [
    'Cesium terrain, rows from the south',
    { template: '/terrain/{z}/{x}/{-y}.terrain', crs: 'EPSG:4326' },
    '/terrain/3/15/7.terrain?v=1.2.0',
    '3/15/0 /-y/terrain.terrain',
  ],
  ['numbers with zeros before them', { template: '/t/{z}/{x}/{y}.png' }, '/t/03/004/002.png', '3/4/2 /t.png'],
  ['a quadkey of two scales', { template: '/q/{quadkey}{r}.png' }, '/q/120@2x.png', '3/4/2 /q@2x.png'],
  [
    'a host with a port and an international name',
    { template: 'https://{s}.kärten.test:8443/{z}/{x}/{y}.png' },
    'https://b.xn--krten-gra.test:8443/3/4/2.png',
    '3/4/2 .png',
  ],
  [
    'OpenMapTiles, by Tegola',
    { template: '/maps/*' },
    '/maps/osm/roads/3/4/2.vector.pbf',
    '3/4/2 /maps/osm/roads.vector.pbf',
  ],
  ['Martin, of several sources', { template: '/martin/*' }, '/martin/points,lines/3/4/2', '3/4/2 /martin/points,lines'],
  ['TileServer GL', { template: '/styles/*' }, '/styles/basic/512/3/4/2@2x.png', '3/4/2 /styles/basic/512@2x.png'],
  [
    'Mapbox, of a quality',
    { template: 'https://api.mapbox.com/*' },
    'https://api.mapbox.com/v4/mapbox.satellite/3/4/2@2x.jpg70?access_token=pk.x',
    '3/4/2 /v4/mapbox.satellite@2x.jpg70',
  ],
])('%s', (_, options, url, expected) => {
  const match = createTileMatcher({ origin, layers: [resolveLayer('a', options)] });
  const { tile, key, hidden } = match(new URL(url, origin).href)!;
  const { z, x, y } = tile!;
  // The key without the tile.
  const rest = key.replace(`${origin}/__stc/@a`, '').replace(`/${z}/${x}/${y}`, '');
  expect([`${z}/${x}/${y} ${rest}`, hidden]).toEqual([expected, '']);
});
