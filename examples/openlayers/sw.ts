/// <reference lib="webworker" />
import { createTileCache, presets } from 'sw-tile-cache/sw';

// One layer per map service: BBOX, TileMatrix and similar parameters identify the tile, in any letter case and encoding.
createTileCache({
  layers: {
    terrain: { ...presets.base, template: '/wmts*' },
    rain: { ...presets.poi, template: '/wms*' },
  },
}).register({ claim: true });
