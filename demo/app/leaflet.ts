import L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import { bindTileLayer, showTileAges } from 'sw-tile-cache/leaflet';
import { createClient } from './client';
import './demo.css';
import { MAX_TILE_ZOOM } from './layers';
import { createMiniPanel } from './mini-panel';

const client = await createClient();

const map = L.map('map', { zoomControl: false, maxZoom: 9, worldCopyJump: true }).setView([47, 8], 4);
L.control.zoom({ position: 'topright' }).addTo(map);
const political = L.tileLayer('/tiles/political/{z}/{x}/{y}.png', {
  maxNativeZoom: MAX_TILE_ZOOM,
  attribution: 'Made with Natural Earth',
}).addTo(map);
const binding = bindTileLayer(political, client);

let ages: ReturnType<typeof showTileAges> | undefined;
createMiniPanel('Leaflet', ['political'], client, (on) => {
  if (on) ages = showTileAges(binding);
  else ages?.remove();
});
Object.assign(window, { demo: { map, client } });
