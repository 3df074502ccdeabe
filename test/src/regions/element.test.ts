// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientEvents } from '../../../src/page/types';
import { createEmitter } from '../../../src/page/events';
import { TileRegionsElement } from '../../../src/tile-regions';
import type { RegionInfo, RegionState } from '../../../src/shared/regions';

const NOW = 1_800_000_000_000;
const info = (id: string, state: RegionState, more: Partial<RegionInfo> = {}): RegionInfo => ({
  id,
  name: id.toUpperCase(),
  state,
  layers: ['roads'],
  bounds: [9, 53, 10, 54],
  zooms: [5, 6],
  tiles: 30,
  total: 120,
  bytes: 1_300_000,
  stored: 1_300_000,
  failed: 3,
  failures: [],
  edition: 1,
  versions: {},
  ...more,
});

const { on, emit } = createEmitter<ClientEvents>();
let saved: RegionInfo[];
let asked: string[];
let refuse: Error | undefined;
let list: TileRegionsElement;

/** A client whose worker acts at once, and reports it as the real worker does. */
function clientOf(): NonNullable<TileRegionsElement['client']> {
  const act = (action: string, state: RegionState) => async (id: string) => {
    asked.push(`${action} ${id}`);
    if (refuse) throw refuse;
    become(id, state);
    return info(id, state);
  };
  return {
    on: (event, listener) => on(event, listener),
    regions: {
      list: async () => {
        if (refuse) throw refuse;
        return saved;
      },
      pause: act('pause', 'paused'),
      resume: act('resume', 'downloading'),
      update: act('update', 'updating'),
      remove: async (id) => {
        asked.push(`remove ${id}`);
        if (refuse) throw refuse;
      },
    },
  };
}
const become = (id: string, state: RegionState, more?: Partial<RegionInfo>) =>
  emit('region', { region: info(id, state, more) });

const inside = <T extends Element>(selector: string) => [...list.shadowRoot!.querySelectorAll<T>(selector)];
const row = (index = 0) => inside<HTMLElement>('[part=region]')[index]!;
const buttons = (of = row()) =>
  [...of.querySelectorAll<HTMLButtonElement>('button')].filter((button) => !button.hidden);
const button = (label: string) =>
  inside<HTMLButtonElement>('button').find((one) => !one.hidden && one.getAttribute('aria-label') === label)!;
const progress = () => row().querySelector('progress')!;
const spoken = () => inside('[role=status]')[0]!.textContent;
const settled = () => vi.advanceTimersByTimeAsync(0);

async function open(...regions: RegionInfo[]): Promise<void> {
  saved = regions;
  list.client = clientOf();
  document.body.append(list);
  await settled();
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  [saved, asked, refuse] = [[], [], undefined];
  list = new TileRegionsElement();
});
afterEach(() => {
  list.remove();
  vi.useRealTimers();
});

const BUTTONS: Record<RegionState, string[]> = {
  waiting: ['Pause', 'Remove'],
  downloading: ['Pause', 'Remove'],
  updating: ['Pause', 'Remove'],
  paused: ['Resume', 'Remove'],
  failed: ['Resume', 'Remove'],
  incomplete: ['Resume', 'Remove'],
  complete: ['Update', 'Remove'],
  outdated: ['Update', 'Remove'],
  lost: ['Update', 'Remove'],
};
const STATES = Object.entries(BUTTONS) as Array<[RegionState, string[]]>;

describe('the words for a region', () => {
  const failure = (code: 'STORAGE_FAILED' | 'LIMIT_EXCEEDED') => ({ error: { code, message: '', remedy: '' } });

  it.each<[RegionState, Partial<RegionInfo>, string]>([
    ['waiting', { reason: 'offline' }, 'Waiting for the network'],
    ['waiting', { reason: 'busy' }, 'Waiting for the server'],
    ['waiting', { reason: 'metered' }, 'Waiting for an unmetered connection'],
    ['waiting', { reason: 'user' }, 'Waiting for its user to log in'],
    ['incomplete', {}, 'Tiles missing: 3'],
    ['incomplete', { tiles: 120 }, 'Works offline, tiles not updated: 3'],
    ['failed', failure('STORAGE_FAILED'), 'Storage is full'],
    ['failed', failure('LIMIT_EXCEEDED'), 'Too large'],
  ])('that is %s say why: %j', async (state, more, words) => {
    await open(info('a', 'downloading'));
    become('a', state, more);
    expect(row().querySelector('[part=state]')!.textContent).toBe(words);
    expect(spoken()).toBe(`A: ${words}`);
  });

  it('are spoken once, and again for another reason', async () => {
    await open(info('a', 'waiting', { reason: 'offline' }));
    inside('[role=status]')[0]!.textContent = '';
    become('a', 'waiting', { reason: 'offline', tiles: 31 });
    expect(spoken()).toBe('');
    become('a', 'waiting', { reason: 'busy', tiles: 31 });
    expect(spoken()).toBe('A: Waiting for the server');
  });
});

describe('the buttons of a region', () => {
  it.each(STATES)('that is %s: %j', async (state, expected) => {
    await open(info('a', state));
    expect(buttons().map(({ textContent }) => textContent)).toEqual(expected);
    // Each says which region it is for.
    expect(buttons().map((one) => one.getAttribute('aria-label'))).toEqual(expected.map((text) => `${text}: A`));
    for (const one of buttons()) one.click();
    await settled();
    expect(asked).toEqual(expected.map((text) => `${text.toLowerCase()} a`));
  });

  it('follow its state, and keep the focus while they stay', async () => {
    await open(info('a', 'downloading'));
    const remove = button('Remove: A');
    remove.focus();
    for (const [state, expected] of STATES) {
      become('a', state);
      expect([state, buttons().map(({ textContent }) => textContent)]).toEqual([state, expected]);
    }
    expect(list.shadowRoot!.activeElement).toBe(remove);
  });

  it('leave the focus in their row when the pressed one disappears', async () => {
    await open(info('a', 'complete'), info('b', 'downloading'));
    for (const [pressed, then] of [
      ['Pause: B', 'Resume: B'],
      ['Resume: B', 'Pause: B'],
    ] as const) {
      button(pressed).focus();
      button(pressed).click();
      await settled();
      expect(list.shadowRoot!.activeElement).toBe(button(then));
    }
    become('b', 'complete');
    expect(list.shadowRoot!.activeElement).toBe(button('Update: B'));
  });

  it('act on the region of their row', async () => {
    await open(info('a', 'complete'), info('b', 'complete'));
    button('Update: B').click();
    await settled();
    expect(asked).toEqual(['update b']);
    expect(buttons(row(1)).map(({ textContent }) => textContent)).toEqual(['Pause', 'Remove']);
    expect(buttons(row(0)).map(({ textContent }) => textContent)).toEqual(['Update', 'Remove']);
  });
});

describe('the progress of a region', () => {
  it('has a value, an end and a name', async () => {
    await open(info('a', 'downloading', { tiles: 1030, total: 4000 }));
    expect([progress().value, progress().max]).toEqual([1030, 4000]);
    expect(progress().getAttribute('aria-label')).toBe('A: 1,030 of 4,000 tiles');
    become('a', 'downloading', { tiles: 2000, total: 4000 });
    expect(progress().value).toBe(2000);
    expect(progress().getAttribute('aria-label')).toBe('A: 2,000 of 4,000 tiles');
    expect(row().textContent).toContain('2,000 of 4,000 tiles, 1.3 MB');
  });

  it('is indeterminate, not full, while the number of tiles is unknown', async () => {
    await open(info('a', 'waiting', { tiles: 0, total: 0 }));
    expect([progress().value, progress().max]).toEqual([0, 1]);
  });

  it.each(STATES)('is shown if the region is %s, unless it is stored', async (state) => {
    await open(info('a', state));
    expect(progress().hidden).toBe(state === 'complete' || state === 'outdated');
  });
});

describe('the language of numbers', () => {
  const facts = () => row().querySelector('[part=facts]')!.textContent;
  const german = () => info('a', 'complete', { tiles: 1030, total: 4000 });
  afterEach(() => document.documentElement.removeAttribute('lang'));

  it('is that of the nearest lang attribute', async () => {
    document.documentElement.lang = 'de';
    await open(german());
    expect(facts()).toBe('1.030 of 4.000 tiles, 1,3 MB');
    list.lang = 'en';
    expect(facts()).toBe('1,030 of 4,000 tiles, 1.3 MB');
  });

  it.each(['de_DE', 'x', ''])('is English if the attribute names none: %j', async (lang) => {
    list.setAttribute('lang', lang);
    await open(german());
    expect(facts()).toBe('1,030 of 4,000 tiles, 1.3 MB');
  });
});

it('takes a client and texts that were set before the element was defined', async () => {
  const early = document.createElement('tile-regions-late') as TileRegionsElement;
  early.client = clientOf();
  early.texts = { empty: 'Nothing.' };
  document.body.append(early);
  customElements.define('tile-regions-late', class extends TileRegionsElement {});
  customElements.upgrade(early);
  await settled();
  expect(early.shadowRoot!.querySelector('[part=empty]')!.textContent).toBe('Nothing.');
  expect(Object.keys(early)).not.toContain('client');
  early.remove();
});

it('needs no <style>, which a Content-Security-Policy may forbid', async () => {
  await open();
  expect(inside('style')).toEqual([]);
  expect(list.shadowRoot!.adoptedStyleSheets).toHaveLength(1);
});

describe('screen readers', () => {
  it('announce each state once, but not each tile', async () => {
    await open(info('a', 'downloading'));
    const heard = [spoken()];
    const status = inside('[role=status]')[0]!;
    const say = vi.fn();
    new MutationObserver(say).observe(status, { childList: true, characterData: true, subtree: true });
    for (let tiles = 31; tiles < 60; tiles += 1) become('a', 'downloading', { tiles });
    await vi.advanceTimersByTimeAsync(90_000);
    expect(say).not.toHaveBeenCalled();
    for (const state of ['complete', 'complete', 'updating', 'incomplete'] as const) {
      become('a', state);
      heard.push(spoken());
    }
    await settled();
    expect(say).toHaveBeenCalled();
    expect(heard).toEqual(['', 'A: Works offline', 'A: Works offline', 'A: Updating', 'A: Tiles missing: 3']);
  });

  it('hear nothing of what was saved already, but of a region that is new or removed', async () => {
    await open(info('a', 'complete'), info('b', 'complete'));
    expect(spoken()).toBe('');
    become('c', 'waiting', { reason: 'offline' });
    expect(spoken()).toBe('C: Waiting for the network');
    button('Remove: B').click();
    await settled();
    expect(spoken()).toBe('B: Removed');
  });

  it('announce the name of the changed region', async () => {
    await open(info('a', 'complete'), info('b', 'downloading'));
    become('b', 'paused');
    become('a', 'complete', { tiles: 5 });
    expect(spoken()).toBe('B: Paused');
  });
});

describe('a region that is removed', () => {
  it('here loses its row, and the focus stays in the list', async () => {
    await open(info('a', 'complete'), info('b', 'complete'));
    button('Remove: A').focus();
    button('Remove: A').click();
    await settled();
    expect(asked).toEqual(['remove a']);
    expect(inside('[part=region]')).toHaveLength(1);
    expect(row().textContent).toContain('B');
    expect(list.shadowRoot!.activeElement).toBe(inside('[part=list]')[0]);
  });

  it('in another tab does not move the focus', async () => {
    await open(info('a', 'complete'), info('b', 'complete'));
    const update = button('Update: B');
    update.focus();
    emit('region', { region: info('a', 'complete'), removed: true });
    expect(inside('[part=region]')).toHaveLength(1);
    expect(list.shadowRoot!.activeElement).toBe(update);
  });

  it('as the last one leaves a message that there are none', async () => {
    await open(info('a', 'complete'));
    const [empty] = inside<HTMLElement>('[part=empty]');
    expect(empty!.hidden).toBe(true);
    button('Remove: A').click();
    await settled();
    expect([empty!.hidden, empty!.textContent]).toEqual([false, 'No region is saved.']);
  });
});

describe('an error', () => {
  const listen = () => {
    const heard: unknown[] = [];
    const listener = (event: Event) => void heard.push((event as CustomEvent).detail);
    document.body.addEventListener('regionerror', listener, { once: true });
    return heard;
  };

  it.each(['Update', 'Remove'])('from %s becomes an event that bubbles; the region stays', async (text) => {
    await open(info('a', 'complete'));
    const heard = listen();
    refuse = new Error('no room');
    button(`${text}: A`).click();
    await settled();
    expect(heard).toEqual([refuse]);
    expect(inside('[part=region]')).toHaveLength(1);
    // The button works again.
    refuse = undefined;
    button(`${text}: A`).click();
    await settled();
    expect(asked).toHaveLength(2);
  });

  it('of the list itself is an event as well', async () => {
    const heard = listen();
    refuse = new Error('no worker');
    await open();
    expect(heard).toEqual([refuse]);
  });
});

it('an element outside of the page ignores events, and reads the list again when it returns', async () => {
  await open(info('a', 'downloading'));
  list.remove();
  expect(vi.getTimerCount()).toBe(0);
  become('a', 'complete');
  expect(row().dataset['state']).toBe('downloading');
  saved = [info('b', 'paused')];
  document.body.append(list);
  await settled();
  expect(inside<HTMLElement>('[part=region]').map(({ dataset }) => dataset['state'])).toEqual(['paused']);
});

describe('a late list', () => {
  const late = () => {
    const client = clientOf();
    let arrive!: (all: RegionInfo[]) => void;
    client.regions.list = () => new Promise((resolve) => (arrive = resolve));
    list.client = client;
    return (...all: RegionInfo[]) => (arrive(all), settled());
  };
  const shown = () =>
    inside<HTMLElement>('[part=region]').map((one) => [
      one.querySelector('[part=name]')!.textContent,
      one.dataset['state'],
    ]);

  it('does not revert what the worker has reported since', async () => {
    document.body.append(list);
    const arrive = late();
    become('a', 'complete');
    emit('region', { region: info('b', 'complete'), removed: true });
    await arrive(info('a', 'downloading'), info('b', 'complete'), info('c', 'paused'));
    expect(shown().sort()).toEqual([
      ['A', 'complete'],
      ['C', 'paused'],
    ]);
  });

  it('of the previous client is dropped', async () => {
    document.body.append(list);
    const before = late();
    const now = late();
    await now(info('b', 'paused'));
    await before(info('a', 'complete'));
    expect(shown()).toEqual([['B', 'paused']]);
  });
});
