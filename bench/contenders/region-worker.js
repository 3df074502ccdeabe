// This package with offline regions.
import { createTileCache } from '../../sw/index';
import { regions } from '../../sw/regions';

createTileCache({
  layers: { kb1: { template: '/tiles/kb1/{z}/{x}/{y}.png', maxAge: 86400 } },
  regions: regions(),
}).register({ skipWaiting: true, claim: true });
