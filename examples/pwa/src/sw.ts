/// <reference lib="webworker" />
import { cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { createTileCache, presets } from 'sw-tile-cache/sw';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: Array<{ url: string; revision: string | null }> };

cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);
createTileCache({ layers: { political: { ...presets.base } } }).register({ skipWaiting: true, claim: true });
