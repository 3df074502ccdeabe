import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Maps the package's entry points to its sources, so that the demo imports them as users do. Longer names come first. */
export const aliases = {
  'sw-tile-cache/sw/inspect': here('../sw/inspect.ts'),
  'sw-tile-cache/sw/placeholders': here('../sw/placeholders.ts'),
  'sw-tile-cache/sw/pmtiles': here('../sw/pmtiles.ts'),
  'sw-tile-cache/sw/regions': here('../sw/regions.ts'),
  'sw-tile-cache/server': here('../server/index.ts'),
  'sw-tile-cache/sw': here('../sw/index.ts'),
  'sw-tile-cache/leaflet': here('../src/leaflet.ts'),
  'sw-tile-cache/maplibre': here('../src/maplibre.ts'),
  'sw-tile-cache/kiosk': here('../src/kiosk.ts'),
  'sw-tile-cache/tile-age': here('../src/tile-age.ts'),
  'sw-tile-cache/tile-inspector': here('../src/tile-inspector.ts'),
  'sw-tile-cache/tile-regions': here('../src/tile-regions.ts'),
  'sw-tile-cache/openlayers': here('../src/openlayers.ts'),
  'sw-tile-cache': here('../src/index.ts'),
};
