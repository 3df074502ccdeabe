import type { Map as MapLibreMap } from 'maplibre-gl';
import type { TileCacheClient } from 'sw-tile-cache';
import { bindSource, showTileAges, type TileAges } from 'sw-tile-cache/maplibre';
import type { BBox } from '../../src/shared/tile';
import { createBeaconView } from './beacon-view';
import { createChart } from './chart';
import { createClient } from './client';
import './demo.css';
import { byId, make } from './dom';
import { createLayerCard } from './layer-card';
import { layers, type MapLayer } from './layers';
import { createMap, middleOf, padForPanel } from './map';
import { watchMissing } from './missing';
import { createOriginControls, tileRequests } from './origin-controls';
import { originApi } from './origin-api';
import { createSheet } from './sheet';
import { checkedLine, statusLine } from './status-line';
import { missingText, storedTiles } from './stored';
import { shownBy } from './style';

/**
 * Ages in seconds at which the overlay's colours change. The demo's data is published every few minutes, not every few days.
 */
const AGE_STEPS = [20, 120, 3600] as const;

/** The bindings of the layers, by id. */
type Bindings = Map<string, ReturnType<typeof bindSource>>;
type LayerCard = ReturnType<typeof createLayerCard>;

function announce(text: string): void {
  byId('announcer').textContent = text;
}

function showStatus(client: TileCacheClient): void {
  const status = client.status();
  const { tone, state, text } = statusLine(status);
  const pill = byId('pill');
  // Not each second that an age grows by.
  if (pill.dataset.state !== state) announce(text);
  pill.dataset.state = state;
  pill.dataset.tone = tone;
  byId('pill-text').textContent = text;
  byId('checked').textContent = checkedLine(status, Date.now());
}

/** On a first visit, tiles may have loaded before the worker was active. Requests them again, so that the worker stores them. */
function refreshOnceActive(client: TileCacheClient, bindings: Bindings): void {
  let active = client.state === 'active';
  client.on('status', () => {
    if (active || client.state !== 'active') return;
    active = true;
    // The HTTP cache answers these requests.
    for (const binding of bindings.values()) binding.refresh();
  });
}

/** Opens the inspector if the URL has the parameter `tile-inspector`. */
async function inspectOnRequest(client: TileCacheClient, bindings: Bindings): Promise<void> {
  if (!new URLSearchParams(location.search).has('tile-inspector')) return;
  const { showTileInspector } = await import('sw-tile-cache/tile-inspector');
  showTileInspector(client, { bindings: [...bindings.values()] });
}

/** Shows a card for each layer. */
function createCards(map: MapLibreMap, client: TileCacheClient): Map<string, LayerCard> {
  const cardOf = (layer: MapLayer) => {
    const publish = (bbox?: BBox) =>
      originApi
        .publish(layer.id, bbox)
        .then(() => client.check())
        .catch((error: Error) => announce(`Not published: ${error.message}`));
    const card = createLayerCard(layer, {
      toggle: (visible) => {
        for (const id of shownBy[layer.id] ?? []) map.setLayoutProperty(id, 'visibility', visible ? 'visible' : 'none');
      },
      publish: () => publish(),
      publishHere: () => publish(middleOf(map, 0.4)),
    });
    byId('cards').append(card.element);
    return card;
  };
  return new Map(layers.map((layer) => [layer.id, cardOf(layer)]));
}

/** Lets users choose the layer whose ages the map shows. */
function chooseAges(bindings: Bindings): void {
  const select = byId<HTMLSelectElement>('age-layer');
  select.append(...layers.map(({ id, title }) => make('option', { value: id, textContent: title })));
  let overlay: TileAges | undefined;
  select.addEventListener('change', () => {
    overlay?.remove();
    const binding = bindings.get(select.value);
    overlay = binding && showTileAges(binding, { steps: AGE_STEPS });
  });
}

/** Shows data that only the demo's origin provides: its mode, its counters, and the beacons that it has received. */
function createOriginPart(client: TileCacheClient): () => Promise<unknown> {
  const controls = createOriginControls(announce, () => void client.check());
  const beacons = createBeaconView(byId<HTMLDetailsElement>('beacons'), byId('beacon-count'), byId('beacon-list'));
  byId('beacons').addEventListener('toggle', () => void beacons().catch(() => undefined));
  byId('reset').addEventListener('click', async () => {
    await originApi.reset().catch(() => undefined);
    await client.clear();
    await client.check();
    location.reload();
  });
  const asked = async () => (byId('asked').textContent = String(await tileRequests()));
  return () => Promise.all([beacons(), controls.read(), asked()]);
}

/** If tiles are missing, says why in the layer's card. */
function createExplanation(map: MapLibreMap, client: TileCacheClient, cards: Map<string, LayerCard>) {
  const missing = watchMissing(map, client);
  return async () => {
    const stored = layers.some(({ id }) => missing.count(id)) ? await storedTiles() : undefined;
    for (const [id, card] of cards) {
      const count = missing.count(id);
      card.explain(count ? missingText(count, stored?.get(id), map.getCenter().wrap()) : '');
    }
  };
}

/** Shows the state of the layers, each second. */
function showEachSecond(map: MapLibreMap, client: TileCacheClient, cards: Map<string, LayerCard>): void {
  const chart = createChart(byId('chart'));
  const readOrigin = createOriginPart(client);
  const explain = createExplanation(map, client, cards);
  let answered = 0;
  client.on('used', ({ uses }) => (answered += uses.length));
  const tick = (count: number) => {
    showStatus(client);
    const status = client.status();
    for (const [id, card] of cards) if (status.layers[id]) card.show(status.layers[id]);
    chart.add(status, Date.now());
    byId('answered').textContent = String(answered);
    if (count % 3 !== 0) return;
    void explain().catch(() => undefined);
    // Without the origin, they stay unchanged.
    if (document.visibilityState === 'visible') readOrigin().catch(() => undefined);
  };
  let count = 0;
  tick(count);
  setInterval(() => tick(++count), 1000);
}

async function start(): Promise<void> {
  createSheet(byId('panel'));
  const client = await createClient();
  const map = createMap('map', { hash: 'map' });
  padForPanel(map);
  Object.assign(window, { demo: { map, client } });
  const bindings: Bindings = new Map(layers.map(({ id }) => [id, bindSource(map, id, client)]));
  await inspectOnRequest(client, bindings);
  refreshOnceActive(client, bindings);
  const cards = createCards(map, client);
  chooseAges(bindings);
  client.on('versionchange', ({ layer, version }) => {
    announce(`${layers.find(({ id }) => id === layer)?.title ?? layer}: new version ${version}.`);
  });
  showEachSecond(map, client, cards);
  client.on('status', () => showStatus(client));
}

void start();
