// @vitest-environment happy-dom
// The call of each control of the panel to the client, and the text that the panel shows then.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { InspectorOverview } from '../../../src/shared/inspect-commands';
import type { TraceEntry } from '../../../src/shared/inspect-trace';
import type { TileInspectorClient } from '../../../src/inspector/types';
import { TileInspectorElement } from '../../../src/inspector/element';

const TILE = { z: 6, x: 33, y: 22 };
const OVERVIEW: InspectorOverview = {
  epoch: 4,
  layers: [
    {
      layer: 'roads',
      version: 'v2',
      revision: 7,
      confirmedAt: 1,
      kept: [],
      rules: [{ epoch: 3, mode: 'purge', range: { bbox: [0, 0, 10, 10] } }],
      tiles: 12,
      bytes: 3400,
      dead: false,
    },
  ],
  usage: 1_000_000,
  quota: 4_000_000,
  persisted: false,
  simulated: { offline: false, delay: 0 },
};
const entry = (number: number, more: Partial<TraceEntry> = {}): TraceEntry => ({
  number,
  startedAt: 1,
  layer: 'roads',
  tile: TILE,
  key: '/tiles/roads/6/33/22',
  method: 'GET',
  why: 'expired',
  status: 'revalidated',
  code: 200,
  steps: [{ step: 'route', at: 0, what: 'roads' }],
  ...more,
});

let asked: unknown[][];
let traced: TraceEntry[];
let panel: TileInspectorElement;

function clientOf(): TileInspectorClient {
  const note =
    (name: string, answer?: unknown) =>
    async (...given: unknown[]) => {
      asked.push([name, ...given]);
      return answer;
    };
  const answers: Record<string, unknown> = {
    overview: OVERVIEW,
    zooms: { zooms: { 6: { tiles: 12, bytes: 3400 } } },
  };
  const client: Record<keyof TileInspectorClient, unknown> = {
    inspect: note('inspect', {
      layer: 'roads',
      tile: TILE,
      answer: { kind: 'validate', reason: { token: 'expired', words: 'Older than its lifetime.' } },
      offline: { shown: false, reason: { token: 'too-old', words: 'Offline there is a hole.' } },
      words: ['Older than its lifetime.'],
    }),
    entries: note('entries', { entries: [] }),
    trace: async (given: { on?: boolean }) => {
      asked.push(['trace', given]);
      return { since: 0, entries: given.on === false ? [] : traced };
    },
    inspector: async (action: string, given: unknown) => {
      if (action !== 'overview') asked.push([action, given]);
      return action === 'simulate' ? { offline: false, delay: 0, ...(given as object) } : answers[action];
    },
    status: () => ({ layers: {} }),
    invalidate: note('invalidate'),
    clear: note('clear'),
    on: () => () => {},
    regions: { list: async () => [] },
  };
  return client as never;
}

const root = () => panel.shadowRoot!;
const settle = () => vi.advanceTimersByTimeAsync(0);
const named = (name: string) =>
  [...root().querySelectorAll('button')].find(
    (each) => (each.getAttribute('aria-label') ?? each.textContent) === name,
  ) as HTMLButtonElement;
async function press(name: string): Promise<void> {
  named(name).click();
  await settle();
}
async function set(name: string, value: string | boolean, type = 'change'): Promise<void> {
  const control = root().querySelector(`[name="${name}"]`) as HTMLInputElement;
  if (typeof value === 'boolean') control.checked = value;
  else control.value = value;
  control.dispatchEvent(new Event(type));
  await settle();
}
const said = () => root().querySelector('[role="status"]')!.textContent;

beforeEach(async () => {
  vi.useFakeTimers();
  asked = [];
  traced = [];
  if (!customElements.get('tile-inspector')) customElements.define('tile-inspector', TileInspectorElement);
  panel = document.createElement('tile-inspector') as TileInspectorElement;
  panel.client = clientOf();
  document.body.append(panel);
  await settle();
});
afterEach(() => {
  panel.remove();
  vi.useRealTimers();
});

it('marks a layer stale at once, and purges or forgets it after a confirmation', async () => {
  await press('Mark roads stale');
  expect(asked).toEqual([['invalidate', { layer: 'roads', mode: 'stale' }]]);
  expect(said()).toBe('roads: marked stale.');
  asked = [];
  await press('Purge roads');
  expect(asked).toEqual([]);
  await press('Purge roads: press again to do it');
  expect(asked).toEqual([['invalidate', { layer: 'roads' }]]);
  expect(said()).toBe('roads: purged.');
  asked = [];
  await press('Forget roads');
  // The confirmation expires after a while.
  await vi.advanceTimersByTimeAsync(5000);
  await press('Forget roads');
  expect(asked.filter(([name]) => name === 'clear')).toEqual([]);
  await press('Forget roads: press again to do it');
  expect(asked).toContainEqual(['clear', { layer: 'roads' }]);
});

it('blocks or slows the page’s network for as long as the panel exists', async () => {
  await set('offline', true);
  expect(asked).toEqual([['simulate', { offline: true, delay: 0 }]]);
  expect(said()).toBe('Tiles of this page are offline.');
  await set('offline', false);
  await set('delay', '2000');
  expect(asked.at(-1)).toEqual(['simulate', { offline: false, delay: 2000 }]);
  expect(said()).toBe('Tiles of this page come 2 s later.');
  // A worker forgets the setting when it stops: each refresh repeats it.
  asked = [];
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toEqual([['simulate', { offline: false, delay: 2000 }]]);
  asked = [];
  panel.remove();
  await settle();
  expect(asked).toEqual([['simulate', {}]]);
});

it('inspects a tile by its place or its URL, and purges only that one', async () => {
  const input = root().querySelector('[name="tile"]') as HTMLInputElement;
  input.value = 'roads 6/33/22';
  root()
    .querySelector('form')!
    .dispatchEvent(new Event('submit', { cancelable: true }));
  await settle();
  expect(asked).toEqual([['inspect', { layer: 'roads', tile: TILE }]]);
  expect(root().querySelector('dl')!.textContent).toContain('validate: expired');
  await press('Purge roads 6/33/22 and what touches it');
  await press('Purge roads 6/33/22 and what touches it: press again to do it');
  const [, order] = asked.find(([name]) => name === 'invalidate')!;
  expect(order).toMatchObject({ layer: 'roads', mode: 'purge', zooms: [6, 6], buffer: 0 });
  input.value = '/tiles/roads/6/33/22.png?v=7';
  root()
    .querySelector('form')!
    .dispatchEvent(new Event('submit', { cancelable: true }));
  await settle();
  expect(asked.at(-1)).toEqual(['inspect', '/tiles/roads/6/33/22.png?v=7']);
});

it('shows decisions while the log runs, filtered by layer, answer and text', async () => {
  const lines = () => [...root().querySelectorAll('.log tbody tr')].map((row) => row.textContent ?? '');
  expect(lines()).toEqual(['Off: the worker records nothing.']);
  traced = [entry(1), entry(2, { status: 'hit', why: 'fresh' }), entry(3, { layer: 'lakes', status: 'hit' })];
  await set('log', true);
  expect(lines()).toHaveLength(3);
  expect(lines()[0]).toContain('lakes 6/33/22');
  await set('log-status', 'hit', 'input');
  expect(lines()).toHaveLength(2);
  await set('log-text', 'fresh', 'input');
  expect(lines()).toHaveLength(1);
  await set('log-status', '', 'input');
  await set('log-text', '', 'input');
  await set('log-layer', 'roads', 'input');
  expect(lines()).toHaveLength(2);
  await set('log', false);
  expect(asked.at(-1)).toEqual(['trace', { on: false }]);
});

it('counts and lists stored tiles, and shows the rules and the quota', async () => {
  await press('Count stored tiles by zoom');
  expect(said()).toBe('Counted 12 tiles.');
  await set('older', '3600', 'input');
  await press('List stored tiles');
  expect(asked.at(-1)).toEqual(['entries', { older: 3600, limit: 50 }]);
  const text = root().textContent ?? '';
  expect(text).toContain('purged');
  expect(text).toContain('The browser may delete it. Ledger: epoch 4.');
  expect(text).toContain('No region is saved.');
});

it('leaves the focus on the button that was pressed, and in the list when its last page is there', async () => {
  panel.inspect({ layer: 'roads', tile: TILE });
  await settle();
  for (const name of ['Inspect roads 6/33/22 again', 'Mark roads 6/33/22 and what touches it stale']) {
    const pressed = named(name);
    pressed.focus();
    await press(name);
    expect(root().activeElement).toBe(named(name));
    expect(named(name)).not.toBe(pressed);
  }
  const one = { layer: 'roads', tile: TILE, age: 1, version: 'v2', bytes: 1, status: 200 };
  const pages = [{ entries: [one], cursor: 'next' }, { entries: [one] }];
  panel.client = { ...clientOf(), entries: async () => pages.shift() } as never;
  await press('List stored tiles');
  expect(said()).toBe('1 tile listed, there are more.');
  named('More stored tiles').focus();
  await press('More stored tiles');
  expect(said()).toBe('2 tiles listed.');
  expect(root().activeElement!.getAttribute('aria-label')).toBe('Stored tiles');
});

it('explains that a worker has no inspector', async () => {
  panel.client = {
    ...clientOf(),
    inspector: () => Promise.reject(Object.assign(new Error('no'), { field: 'inspect' })),
  } as never;
  await settle();
  expect(said()).toContain('This worker has no inspector');
});

it('asks the worker once per interval, even if the panel moves or loses its client during a request', async () => {
  let overviews = 0;
  const slow = {
    ...clientOf(),
    async inspector() {
      overviews += 1;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return OVERVIEW;
    },
  } as never;
  panel.client = slow;
  await settle();
  document.body.append(panel);
  await vi.advanceTimersByTimeAsync(1000);
  overviews = 0;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(overviews).toBe(4);
  panel.client = undefined;
  await vi.advanceTimersByTimeAsync(2600);
  overviews = 0;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(overviews).toBe(0);
});
