import 'ol/ol.css';
import Map from 'ol/Map';
import View from 'ol/View';
import TileLayer from 'ol/layer/Tile';
import TileWMS from 'ol/source/TileWMS';
import WMTS from 'ol/source/WMTS';
import { createXYZ } from 'ol/tilegrid';
import WMTSTileGrid from 'ol/tilegrid/WMTS';
import { createTileCacheClient } from 'sw-tile-cache';
import { bindLayer } from 'sw-tile-cache/openlayers';
import 'sw-tile-cache/tile-age';

const grid = createXYZ({ maxZoom: 18 });
const terrain = new TileLayer({
  source: new WMTS({
    url: '/wmts',
    layer: 'terrain',
    matrixSet: 'WebMercatorQuad',
    format: 'image/png',
    style: 'default',
    tileGrid: new WMTSTileGrid({
      origin: [-20037508.342789244, 20037508.342789244],
      resolutions: grid.getResolutions(),
      matrixIds: grid.getResolutions().map((_, zoom) => String(zoom)),
    }),
  }),
});
const rain = new TileLayer({
  opacity: 0.6,
  source: new TileWMS({ url: '/wms', params: { LAYERS: 'rain', TILED: true }, tileGrid: grid }),
});
new Map({ target: 'map', layers: [terrain, rain], view: new View({ center: [0, 0], zoom: 3 }) });

const client = await createTileCacheClient({
  serviceWorker: '/sw.js',
  versions: { url: '/api/tile-version', interval: 60 },
});
bindLayer(terrain, client, { layer: 'terrain' });
const badge = document.querySelector('tile-age')!;
badge.client = client;
badge.binding = bindLayer(rain, client, { layer: 'rain' });
