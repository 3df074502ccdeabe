import { createTileCache, presets } from 'sw-tile-cache/sw';
import { inspector } from 'sw-tile-cache/sw/inspect';
import { createPlaceholders } from 'sw-tile-cache/sw/placeholders';
import { pmtiles } from 'sw-tile-cache/sw/pmtiles';
import { regions } from 'sw-tile-cache/sw/regions';
import { cleanupOutdatedCaches, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: PrecacheEntry[] };

// Precache the pages, as in any app with Workbox.
cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);

// Answer the map's tiles.
createTileCache({
  layers: {
    political: { ...presets.base, freshness: 'version' },
    basemap: { ...presets.base, freshness: 'version' },
    places: { ...presets.poi, freshness: 'version' },
    flood_zones: { ...presets.alerts, freshness: 'version' },
    // The layer is one file on a static host. Its ETag is the version, which the worker checks every five seconds.
    lights: { archive: '/data/lights.pmtiles', maxAge: 5 },
  },
  archives: pmtiles(),
  // For `?tile-inspector`. It costs nothing until a page uses it.
  inspect: inspector(),
  regions: regions(),
  // Only for images: MapLibre and OpenLayers draw missing vector tiles from lower zooms by themselves.
  placeholders: createPlaceholders({ layers: ['political'], levels: 8 }),
}).register({ skipWaiting: true, claim: true });
