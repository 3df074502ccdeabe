import 'maplibre-gl/dist/maplibre-gl.css';
import { Map, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { createTileCacheClient } from 'sw-tile-cache';
import { bindSource } from 'sw-tile-cache/maplibre';
import 'sw-tile-cache/tile-age';

const { VITE_HOST: host, VITE_KEY: key } = import.meta.env;

setWorkerUrl(workerUrl);
// Create the client before the map, so that the worker stores the style, sprites and glyphs of the first visit, too.
// This takes at most three seconds, and resolves even without a worker.
const client = await createTileCacheClient({ serviceWorker: '/sw.js' });
const map = new Map({
  container: 'map',
  style: `${host}/styles/streets.json?key=${key}`,
  center: [10, 20],
  zoom: 3,
  // Add the key to the URLs in the style, too.
  transformRequest: (url) => ({ url: url.startsWith(host) && !url.includes('key=') ? `${url}?key=${key}` : url }),
});

const badge = document.querySelector('tile-age')!;
badge.client = client;
badge.binding = bindSource(map, 'streets', client, { layer: 'streets' });
