/// <reference lib="webworker" />
import { createTileCache, presets } from 'sw-tile-cache/sw';

// One layer for each map: BBOX, TileMatrix and the like identify the tile, in any case and encoding.
createTileCache({
  layers: {
    terrain: { ...presets.base, template: '/wmts*' },
    rain: { ...presets.poi, template: '/wms*' },
  },
}).register({ claim: true });
