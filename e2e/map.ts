// The map to which the README's page binds.
import * as L from 'leaflet';

const map = L.map(document.body.appendChild(document.createElement('div'))).setView([0, 0], 1);
map.getContainer().style.cssText = 'width: 256px; height: 256px';
export const floods = L.tileLayer('/tiles/flood_zones/{z}/{x}/{y}.png').addTo(map);
