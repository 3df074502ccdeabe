import 'leaflet/dist/leaflet.css';
import * as L from 'leaflet';
import { createTileCacheClient } from 'sw-tile-cache';
import { bindTileLayer } from 'sw-tile-cache/leaflet';
import 'sw-tile-cache/tile-age';

const map = L.map('map').setView([20, 10], 4);
const attribution = 'Made with <a href="https://www.naturalearthdata.com/">Natural Earth</a>';
const layer = L.tileLayer('/tiles/political/{z}/{x}/{y}.png', { maxZoom: 8, attribution }).addTo(map);

// The map does not wait for the worker: until it is active, tiles come from the network.
const client = await createTileCacheClient({
  serviceWorker: '/sw.js',
  versions: { url: '/api/tile-version', interval: 60 },
});
const badge = document.querySelector('tile-age')!;
badge.client = client;
badge.binding = bindTileLayer(layer, client);
