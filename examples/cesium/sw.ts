/// <reference lib="webworker" />
import { createTileCache, presets } from 'sw-tile-cache/sw';

createTileCache({
  layers: {
    political: { ...presets.vector },
    // Quantized meshes: a grid in degrees, rows from the south. The version is in the URLs, as layer.json says.
    terrain: { ...presets.base, template: '/terrain/{z}/{x}/{y}.terrain', crs: 'EPSG:4326', scheme: 'tms' },
  },
}).register({ claim: true });
