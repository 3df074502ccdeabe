import { createTileCache, presets } from 'sw-tile-cache/sw';
import { cleanupOutdatedCaches, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: PrecacheEntry[] };

// The page itself: a Workbox worker as one would have it anyway.
cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);

// Its tiles.
createTileCache({
  layers: {
    political: { ...presets.base, freshness: 'version' },
    basemap: { ...presets.base, freshness: 'version' },
    places: { ...presets.poi, freshness: 'version' },
    flood_zones: { ...presets.alerts, freshness: 'version' },
  },
}).register({ skipWaiting: true, claim: true });
