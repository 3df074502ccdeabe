import { bindSource } from 'sw-tile-cache/maplibre';
import 'sw-tile-cache/tile-age';
import 'sw-tile-cache/tile-regions';
import type { BBox } from '../../src/shared/tile';
import { createClient } from './client';
import './demo.css';
import { byId } from './dom';
import { KEPT } from './layers';
import { createMap, padForPanel } from './map';
import { watchMissing } from './missing';
import { createOriginControls } from './origin-controls';
import { createRegionBox } from './region-box';
import { createRegionForm } from './region-form';
import { createSheet } from './sheet';

const sheet = createSheet(byId('panel'));
const client = await createClient();
// Draw only the layers that a region contains.
const map = createMap('map', { drawn: KEPT, hash: 'map', center: [8.2, 46.8], zoom: 5.6 });
padForPanel(map);
for (const id of KEPT) bindSource(map, id, client);

const badge = byId<HTMLElementTagNameMap['tile-age']>('badge');
badge.client = client;
const list = byId<HTMLElementTagNameMap['tile-regions']>('regions');
list.client = client;
list.addEventListener('regionerror', ({ detail }) => announce((detail as Error).message));

const box = createRegionBox(map);
// On a phone, close the sheet while the user draws.
createRegionForm(client, box, (drawing) => sheet?.open(!drawing));
const showSaved = async () => {
  const regions = await client.regions.list();
  box.showSaved(regions.flatMap(({ bounds }) => (Array.isArray(bounds) ? [bounds as BBox] : [])));
};
client.on('region', () => void showSaved().catch(() => undefined));
void showSaved().catch(() => undefined);

const controls = createOriginControls(announce, () => void client.check());
void controls.read().catch(() => undefined);

const missing = watchMissing(map, client);
setInterval(() => {
  const count = KEPT.reduce((sum, id) => sum + missing.count(id), 0);
  const tiles = count === 1 ? 'One tile' : `${count} tiles`;
  const text = count
    ? `${tiles} of this view: not stored, and the origin does not answer. What lies inside a filled box is stored.`
    : '';
  if (byId('missing').textContent !== text) byId('missing').textContent = text;
}, 1000);

function announce(text: string): void {
  byId('announcer').textContent = text;
}
Object.assign(window, { demo: { map, client, box } });
