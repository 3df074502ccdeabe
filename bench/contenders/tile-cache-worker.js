// This package. Limits are raised, because one scenario stores 100,000 tiles.
import { createTileCache } from '../../sw/index';

const limits = { maxEntries: 300_000, maxBytes: 4 * 1024 ** 3 };
createTileCache({
  layers: {
    kb1: { ...limits },
    kb12: { ...limits },
    kb60: { ...limits },
    image: { ...limits },
    live: { ...limits, freshness: 'version', maxAge: 86400 },
  },
  maxBytes: 4 * 1024 ** 3,
  memoryBytes: __MEMORY_BYTES__,
}).register({ skipWaiting: true, claim: true });
