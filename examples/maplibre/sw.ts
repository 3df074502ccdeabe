/// <reference lib="webworker" />
import { createTileCache, presets } from 'sw-tile-cache/sw';

const host = import.meta.env.VITE_HOST;
// All users of this site share one key: what is stored stays right when it is changed. No store, message or log ever contains it.
const shared = { secretParams: ['key'], shareAcrossCredentials: true };

createTileCache({
  layers: {
    streets: { ...presets.vector, ...shared, template: `${host}/tiles/streets/{z}/{x}/{y}.pbf` },
    // What else the style needs, so that the map is there without a network.
    assets: { ...presets.assets, ...shared, template: [`${host}/styles/*`, `${host}/sprites/*`, `${host}/fonts/*`] },
  },
}).register({ skipWaiting: true, claim: true });
