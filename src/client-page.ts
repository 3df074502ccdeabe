// Everything for a page without a bundler, as one file: `dist/client.js`. It needs no import map.
export * from './index';
export { bindTileLayer } from './leaflet';
export { bindSource, versionedRequests } from './maplibre';
export { bindLayer } from './openlayers';
export { showTileAges } from './adapters/tile-ages';
export { describeScreen, TileAgeElement, wordsFor } from './tile-age';
