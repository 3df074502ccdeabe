// Everything that the page loads, beside it: any web server can hand it out.
import { cpSync } from 'node:fs';

for (const [from, to] of [
  ['sw-tile-cache/dist/worker.js', 'sw.js'],
  ['sw-tile-cache/dist/client.js', 'client.js'],
  ['leaflet/dist/leaflet.js', 'leaflet.js'],
  ['leaflet/dist/leaflet.css', 'leaflet.css'],
])
  cpSync(`node_modules/${from}`, `public/${to}`);
