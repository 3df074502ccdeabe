// This package with one layer from a PMTiles archive for each first view, so that none of its tiles is stored.
import { createTileCache } from '../../sw/index';
import { pmtiles } from '../../sw/pmtiles';

const layers = Object.fromEntries(
  Array.from({ length: __ARCHIVES__ }, (_, at) => [`a${at}`, { archive: `/data/a${at}.pmtiles` }]),
);
createTileCache({ layers, archives: pmtiles() }).register({ skipWaiting: true, claim: true });
