import type { RumBatch, RumTiles } from '../../src/shared/rum-schema';
import { make } from './dom';
import { formatAge, formatBytes } from './format';
import { originApi, type Beacons } from './origin-api';

const SHOWN = 3;

/** Shows the last beacons that the origin has received, while the list is open. */
export function createBeaconView(
  details: HTMLDetailsElement,
  count: HTMLElement,
  list: HTMLElement,
): () => Promise<void> {
  return async () => {
    const { received, beacons } = await originApi.beacons();
    count.textContent = received === 0 ? 'none yet' : `${received} received`;
    if (details.open) list.replaceChildren(...beacons.slice(-SHOWN).reverse().map(beaconCard));
  };
}

function beaconCard({ at, bytes, body }: Beacons['beacons'][number]): HTMLElement {
  const { tiles = [], vitals = [] } = body as Partial<RumBatch>;
  const names = [...new Set(tiles.map(({ layer }) => layer))];
  const rows = names.map((name) =>
    layerRow(
      name,
      tiles.filter(({ layer }) => layer === name),
    ),
  );
  const measured = vitals
    .map(({ name, value }) => `${name} ${name === 'CLS' ? value.toFixed(2) : `${Math.round(value)} ms`}`)
    .join(', ');
  return make(
    'article',
    { className: 'beacon' },
    make(
      'p',
      {},
      make('strong', { textContent: new Date(at).toLocaleTimeString() }),
      ` · ${formatBytes(bytes)}${measured && ` · ${measured}`}`,
    ),
    rows.length > 0 ? tableOf(rows) : make('p', { className: 'fact', textContent: 'This beacon contains no tiles.' }),
    make(
      'details',
      {},
      make('summary', { textContent: 'Raw data' }),
      make('pre', { textContent: JSON.stringify(body, null, 1), tabIndex: 0 }),
    ),
  );
}

function tableOf(rows: readonly HTMLElement[]): HTMLElement {
  const titles = ['layer', 'tiles', 'from store', 'mean age', 'oldest'];
  return make(
    'table',
    {},
    make('tr', {}, ...titles.map((text) => make('th', { textContent: text, scope: 'col' }))),
    ...rows,
  );
}

function layerRow(layer: string, groups: RumTiles[]): HTMLElement {
  const sum = (of: (group: RumTiles) => number) => groups.reduce((total, group) => total + of(group), 0);
  const all = sum(({ count }) => count);
  const stored = sum(({ status, count }) => (status === 'hit' || status === 'stale' ? count : 0));
  const cells = [
    all,
    `${all ? Math.round((stored / all) * 100) : 0}%`,
    formatAge(all ? sum(({ ageSum }) => ageSum) / all : 0),
    formatAge(Math.max(...groups.map(({ ageMax }) => ageMax))),
  ];
  return make(
    'tr',
    {},
    make('th', { scope: 'row', textContent: layer }),
    ...cells.map((cell) => make('td', { textContent: String(cell) })),
  );
}
