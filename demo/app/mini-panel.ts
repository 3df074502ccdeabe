import type { TileCacheClient } from 'sw-tile-cache';
import 'sw-tile-cache/tile-age';
import { byId, make, whileBusy } from './dom';
import { formatAge } from './format';
import { layers, type MapLayer } from './layers';
import { originApi } from './origin-api';

/**
 * Creates the small panel of the pages that show one map library: state, versions, a button for each layer, and a link
 * back.
 */
export function createMiniPanel(
  title: string,
  shown: readonly string[],
  client: TileCacheClient,
  ages: (on: boolean) => void,
): void {
  const badge = make('tile-age', { client });
  badge.setAttribute('show-current', '');
  const rows = layers.filter(({ id }) => shown.includes(id)).map((layer) => layerRow(layer, client));
  const box = make('input', { type: 'checkbox' });
  box.addEventListener('change', () => ages(box.checked));
  byId('bar').append(
    make('header', {}, make('h1', { textContent: title }), badge),
    ...rows.map(({ element }) => element),
    make('label', { className: 'check' }, box, 'Show the age of each tile'),
    make('nav', { ariaLabel: 'Other pages' }, ...links()),
  );
  const show = () => {
    for (const row of rows) row.show();
  };
  client.on('status', show);
  setInterval(show, 1000);
  show();
}

function layerRow({ id, title }: MapLayer, client: TileCacheClient) {
  const version = make('span', { className: 'version', textContent: '–' });
  const age = make('span', { className: 'checked' });
  const publish = make('button', {
    type: 'button',
    textContent: 'Publish new data',
    ariaLabel: `Publish new data: ${title}`,
  });
  const work = () =>
    originApi
      .publish(id)
      .then(() => client.check())
      .catch(() => undefined);
  publish.addEventListener('click', () => void whileBusy([publish], work));
  return {
    element: make('div', { className: 'mini-row' }, make('strong', { textContent: title }), version, age, publish),
    show() {
      version.textContent = client.version(id) ?? '–';
      age.textContent = `median age ${formatAge(client.status().layers[id]?.median)}`;
    },
  };
}

function links(): HTMLElement[] {
  const pages = {
    '/': 'MapLibre',
    '/leaflet': 'Leaflet',
    '/openlayers': 'OpenLayers',
    '/regions': 'Regions',
    '/kiosk': 'Kiosk',
  };
  return Object.entries(pages)
    .filter(([path]) => path !== location.pathname)
    .map(([href, textContent]) => make('a', { href, textContent }));
}
