import type { TileCacheClient } from 'sw-tile-cache';
import { bindSource, showTileAges, type TileAges } from 'sw-tile-cache/maplibre';
import type { BBox } from '../../src/shared/tile';
import { createBeaconView } from './beacon-view';
import { createChart } from './chart';
import { createClient } from './client';
import './demo.css';
import { byId, make } from './dom';
import { createLayerCard } from './layer-card';
import { layers } from './layers';
import { createMap, middleOf, padForPanel } from './map';
import { watchMissing } from './missing';
import { createOriginControls, tileRequests } from './origin-controls';
import { originApi } from './origin-api';
import { createSheet } from './sheet';
import { checkedLine, statusLine } from './status-line';
import { missingText, storedTiles } from './stored';
import { shownBy } from './style';

/**
 * Ages in seconds at which the overlay's colours change. The demo's data are published every few minutes, not every few
 * days.
 */
const AGE_STEPS = [20, 120, 3600] as const;

function announce(text: string): void {
  byId('announcer').textContent = text;
}

function showStatus(client: TileCacheClient): void {
  const status = client.status();
  const { tone, text } = statusLine(status);
  if (byId('pill-text').textContent !== text) announce(text);
  byId('pill').dataset.tone = tone;
  byId('pill-text').textContent = text;
  byId('checked').textContent = checkedLine(status, Date.now());
}

async function start(): Promise<void> {
  createSheet(byId('panel'));
  const client = await createClient();
  const map = createMap('map', { hash: 'map' });
  padForPanel(map);
  Object.assign(window, { demo: { map, client } });
  const bindings = new Map(layers.map(({ id }) => [id, bindSource(map, id, client)]));
  // For developers: `/?tile-inspector`.
  if (new URLSearchParams(location.search).has('tile-inspector')) {
    const { showTileInspector } = await import('sw-tile-cache/tile-inspector');
    showTileInspector(client, { bindings: [...bindings.values()] });
  }
  // On a first visit, tiles may have loaded before the worker was active. Request them once more, so that the worker
  // stores them; the HTTP cache answers.
  let active = client.state === 'active';
  client.on('status', () => {
    if (active || client.state !== 'active') return;
    active = true;
    for (const binding of bindings.values()) binding.refresh();
  });

  const cards = new Map(
    layers.map((layer) => {
      const publish = (bbox?: BBox) =>
        originApi
          .publish(layer.id, bbox)
          .then(() => client.check())
          .catch((error: Error) => announce(`Not published: ${error.message}`));
      const card = createLayerCard(layer, {
        toggle: (visible) => {
          for (const id of shownBy[layer.id] ?? [])
            map.setLayoutProperty(id, 'visibility', visible ? 'visible' : 'none');
        },
        publish: () => publish(),
        publishHere: () => publish(middleOf(map, 0.4)),
      });
      byId('cards').append(card.element);
      return [layer.id, card] as const;
    }),
  );

  const select = byId<HTMLSelectElement>('age-layer');
  select.append(...layers.map(({ id, title }) => make('option', { value: id, textContent: title })));
  let overlay: TileAges | undefined;
  select.addEventListener('change', () => {
    overlay?.remove();
    const binding = bindings.get(select.value);
    overlay = binding && showTileAges(binding, { steps: AGE_STEPS });
  });

  let answered = 0;
  client.on('used', ({ uses }) => (answered += uses.length));
  client.on('versionchange', ({ layer, version }) => {
    announce(`${layers.find(({ id }) => id === layer)?.title ?? layer}: new version ${version}.`);
  });
  const controls = createOriginControls(announce, () => void client.check());
  const beacons = createBeaconView(byId<HTMLDetailsElement>('beacons'), byId('beacon-count'), byId('beacon-list'));
  const chart = createChart(byId('chart'));
  const readOrigin = async () => {
    await Promise.all([
      beacons(),
      controls.read(),
      tileRequests().then((total) => (byId('asked').textContent = String(total))),
    ]);
  };
  const missing = watchMissing(map, client);
  const explain = async () => {
    const stored = layers.some(({ id }) => missing.count(id)) ? await storedTiles() : undefined;
    for (const [id, card] of cards) {
      const count = missing.count(id);
      card.explain(count ? missingText(count, stored?.get(id), map.getCenter().wrap()) : '');
    }
  };
  const tick = (count: number) => {
    showStatus(client);
    const status = client.status();
    for (const [id, card] of cards) if (status.layers[id]) card.show(status.layers[id]);
    chart.add(status, Date.now());
    byId('answered').textContent = String(answered);
    // Only the demo has these knobs and counters. Without the origin they stay as they are.
    if (count % 3 === 0) void explain().catch(() => undefined);
    if (count % 3 === 0 && document.visibilityState === 'visible') readOrigin().catch(() => undefined);
  };
  let count = 0;
  tick(count);
  setInterval(() => tick(++count), 1000);
  client.on('status', () => showStatus(client));
  byId('beacons').addEventListener('toggle', () => void beacons().catch(() => undefined));
  byId('reset').addEventListener('click', async () => {
    await originApi.reset().catch(() => undefined);
    await client.clear();
    await client.check();
    location.reload();
  });
}

void start();
