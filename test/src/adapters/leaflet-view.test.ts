// @vitest-environment happy-dom
import * as L from 'leaflet';
import { expect, it } from 'vitest';
import type { Grid } from '../../../src/adapters/leaflet-grid';
import { createScreen } from '../../../src/adapters/leaflet-screen';

// Without this, Leaflet does not animate.
Object.assign(L.Browser, { any3d: true });

it('an animated zoom is a move from its start: the tiles of its target view are needed at once', async () => {
  const map = L.map(document.createElement('div')).setView([0, 0], 4);
  const layer = L.tileLayer('/tiles/{z}/{x}/{y}.png').addTo(map);
  const screen = createScreen(layer, layer as unknown as Grid);
  const detach = screen.attach(() => {});
  const events: string[] = [];
  for (const event of ['zoomstart', 'zoomend']) map.on(event, () => events.push(event));
  const stop = screen.view()!.onMove(() => events.push('move'));
  const begun = new Promise((resolve) => map.once('zoomanim', resolve));
  map.setZoom(3);
  await begun;
  expect(events).toEqual(['zoomstart', 'move']);
  stop();
  detach();
  map.remove();
});
