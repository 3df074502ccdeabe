import { createTileCache, presets } from 'sw-tile-cache/sw';

// The tile cache answers the tiles of its layers, whatever other routes the worker has.
createTileCache({ layers: { political: { ...presets.base } } }).register();
