// Copies everything that the page loads into its folder, so that any web server can serve it.
import { cpSync } from 'node:fs';

for (const [from, to] of [
  ['sw-tile-cache/dist/worker.js', 'sw.js'],
  ['sw-tile-cache/dist/client.js', 'client.js'],
  ['leaflet/dist/leaflet.js', 'leaflet.js'],
  ['leaflet/dist/leaflet.css', 'leaflet.css'],
])
  cpSync(`node_modules/${from}`, `public/${to}`);
