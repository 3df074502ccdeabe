// This package with layers out of PMTiles archives, one for each view that nobody has seen.
import { createTileCache } from '../../sw/index';
import { pmtiles } from '../../sw/pmtiles';

const layers = Object.fromEntries(
  Array.from({ length: __ARCHIVES__ }, (_, at) => [`a${at}`, { archive: `/data/a${at}.pmtiles` }]),
);
createTileCache({ layers, archives: pmtiles() }).register({ skipWaiting: true, claim: true });
