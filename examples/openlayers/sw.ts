/// <reference lib="webworker" />
import { createTileCache, presets } from 'sw-tile-cache/sw';

// One layer a map: BBOX, TileMatrix and the like say which tile it is, in any case and encoding.
createTileCache({
  layers: {
    terrain: { ...presets.base, template: '/wmts*' },
    rain: { ...presets.poi, template: '/wms*' },
  },
}).register({ claim: true });
