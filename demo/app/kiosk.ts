import { keepMapAlive } from 'sw-tile-cache/kiosk';
import { bindSource } from 'sw-tile-cache/maplibre';
import 'sw-tile-cache/tile-age';
import { createClient } from './client';
import './demo.css';
import { byId } from './dom';
import { layers } from './layers';
import { createMap } from './map';
import { pinTour } from './pin-tour';

/** The places that the kiosk shows in turn. */
const tour = [
  { where: 'Western Europe', center: [6, 48], zoom: 4.3 },
  { where: 'Japan and Korea', center: [134, 36.5], zoom: 4.6 },
  { where: 'The Gulf of Guinea', center: [4, 7], zoom: 4.4 },
  { where: 'The Caribbean', center: [-75, 20], zoom: 4.4 },
  { where: 'The Bay of Bengal', center: [87, 21], zoom: 4.4 },
] as const;
const STAY_SECONDS = 20;

const client = await createClient();
const map = createMap('map', { interactive: false, center: [...tour[0].center], zoom: tour[0].zoom });
// Through the bindings the client knows the map's view, so the badge describes the tiles on the screen.
const bindings = layers.map(({ id }) => bindSource(map, id, client));
byId<HTMLElementTagNameMap['tile-age']>('badge').client = client;

let stop = 0;
function show(): void {
  const { where, center, zoom } = tour[stop % tour.length]!;
  byId('where').textContent = where;
  map.jumpTo({ center: [...center], zoom });
}
show();
setInterval(() => {
  stop += 1;
  show();
}, STAY_SECONDS * 1000);

setInterval(() => {
  byId('clock').textContent = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}, 1000);

// Nobody is there to reload the page: recover from a blank map, a lost graphics context, or a hanging worker.
const alive = keepMapAlive(bindings, client, { health: { endpoint: '/api/rum', name: 'demo' } });
// Store every stop, even those not shown yet, so that all of them work after a power cut without a network.
pinTour(
  client,
  tour.map(({ center }) => center),
);
// Keep the screen on.
const keepAwake = () => void navigator.wakeLock?.request('screen').catch(() => undefined);
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && keepAwake());
keepAwake();
Object.assign(window, { demo: { map, client, alive } });
