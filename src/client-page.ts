// Entry of `dist/client.js`: one file for pages without a bundler or an import map.
export * from './index';
export { bindTileLayer } from './leaflet';
export { bindSource, versionedRequests } from './maplibre';
export { bindLayer } from './openlayers';
export { showTileAges } from './adapters/tile-ages';
export { describeScreen, TileAgeElement, wordsFor } from './tile-age';
