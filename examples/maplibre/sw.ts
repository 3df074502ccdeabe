/// <reference lib="webworker" />
import { createTileCache, presets } from 'sw-tile-cache/sw';

const host = import.meta.env.VITE_HOST;
// All users of this site share one key, so a new key does not invalidate stored tiles. The key never appears in
// storage, messages or logs.
const shared = { secretParams: ['key'], shareAcrossCredentials: true };

createTileCache({
  layers: {
    streets: { ...presets.vector, ...shared, template: `${host}/tiles/streets/{z}/{x}/{y}.pbf` },
    // Also store the other files of the style, so that the map works offline.
    assets: { ...presets.assets, ...shared, template: [`${host}/styles/*`, `${host}/sprites/*`, `${host}/fonts/*`] },
  },
}).register({ skipWaiting: true, claim: true });
