// The ready-made worker: no configuration, one file, for pages without a bundler. Nobody reloads a kiosk, so the worker
// takes over as soon as it is installed.
import { createTileCache } from './tile-cache';

createTileCache().register({ skipWaiting: true, claim: true });
