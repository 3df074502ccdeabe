import { describe, expect, it } from 'vitest';
import { describeScreen, type LayerScreen, type Screen } from '../../../src/screen/describe';
import type { TileFacts } from '../../../src/screen/tile-facts';
import { checkedWords, wordsFor } from '../../../src/screen/words';

const NOW = Date.UTC(2026, 4, 4);
const HOUR = 3600;
const DAY = 24 * HOUR;
const CHECKED = { checkedAt: NOW - 20_000 };

const tile = (rest: Partial<TileFacts> = {}): TileFacts => ({ status: 'hit', age: 10, since: 0, ...rest });
const of = (tiles: TileFacts[], rest: Partial<LayerScreen> = {}): LayerScreen => ({
  tiles,
  version: undefined,
  updating: false,
  ...rest,
});
const screen = (layers: LayerScreen[], rest: Partial<Screen> = {}): Screen => ({
  layers,
  offline: false,
  checkedAt: undefined,
  failures: 0,
  now: NOW,
  threshold: HOUR,
  ...rest,
});
const hole = tile({ status: 'error', age: undefined, failed: true, missing: true });
const old = tile({ age: 2 * HOUR });
const v = (version: string) => ({ version });

type Row = [string, LayerScreen[], Partial<Screen>, string];

const rows: Row[] = [
  // No tiles.
  ['no layer', [], {}, 'unknown: Age not known'],
  ['a layer without tiles', [of([])], {}, 'unknown: Age not known'],
  ['a layer without tiles that is updating', [of([], { updating: true })], {}, 'unknown: Age not known'],
  ['no tiles, and checks that fail', [of([])], { failures: 2 }, 'failing: Cannot look for updates'],
  // Young and old tiles of unknown freshness.
  ['a young tile', [of([tile()])], {}, 'current: Up to date'],
  ['just below the threshold', [of([tile({ age: HOUR - 1 })])], {}, 'current: Up to date'],
  ['at the threshold', [of([tile({ age: HOUR })])], {}, 'old: May be out of date: 1 hr'],
  ['a threshold of its own', [of([tile({ age: 61 })])], { threshold: 60 }, 'old: May be out of date: 1 min'],
  ['the oldest tile counts', [of([tile(), tile({ age: 5 * HOUR }), old])], {}, 'old: May be out of date: 5 hr'],
  ['one old layer of two', [of([tile()]), of([old])], {}, 'old: May be out of date: 2 hr'],
  // A tile that is proven fresh is not old.
  ['old, its headers still good', [of([tile({ age: 2 * HOUR, ttl: 86399 })])], {}, 'current: Up to date'],
  ['old, its headers just lapsed', [of([tile({ age: 2 * HOUR, ttl: 0 })])], {}, 'old: May be out of date: 2 hr'],
  ['old, its version confirmed', [of([tile({ ...v('2'), age: 9 * DAY })], v('2'))], CHECKED, 'current: Up to date'],
  [
    'old, its version confirmed, small threshold',
    [of([tile({ ...v('2'), age: 9 * DAY })], v('2'))],
    { ...CHECKED, threshold: 5 },
    'current: Up to date',
  ],
  [
    'old, its version never confirmed',
    [of([tile({ ...v('2'), age: DAY })], v('2'))],
    {},
    'old: May be out of date: 1 day',
  ],
  [
    'old, its version confirmed a day ago',
    [of([tile({ ...v('2'), age: 3 * DAY })], v('2'))],
    { checkedAt: NOW - DAY * 1000 },
    'old: May be out of date: 3 days',
  ],
  [
    'old, its version confirmed, checks fail since',
    [of([tile({ ...v('2'), age: 3 * DAY })], v('2'))],
    { ...CHECKED, failures: 2 },
    'old: May be out of date: 3 days',
  ],
  [
    'one failed check does not count',
    [of([tile({ ...v('2'), age: DAY })], v('2'))],
    { ...CHECKED, failures: 1 },
    'current: Up to date',
  ],
  ['proven beside old', [of([tile({ age: 9 * DAY, ttl: 5 }), old])], {}, 'old: May be out of date: 2 hr'],
  // Another version than the present one.
  ['version 1 with 2 in force', [of([tile(v('1'))], v('2'))], CHECKED, 'old: May be out of date: 10 sec'],
  [
    'the same, its headers good',
    [of([tile({ ...v('1'), ttl: 999 })], v('2'))],
    CHECKED,
    'old: May be out of date: 10 sec',
  ],
  // The page is ahead of the manifest.
  [
    'version 3, not announced yet, with 2 in force',
    [of([tile({ ...v('3'), aheadOf: '2', ttl: 60 })], v('2'))],
    CHECKED,
    'current: Up to date',
  ],
  [
    'version 3, not announced when it was used, with 4 in force now',
    [of([tile({ ...v('3'), aheadOf: '2', ttl: 60 })], v('4'))],
    CHECKED,
    'old: May be out of date: 10 sec',
  ],
  [
    'the same, stale',
    [of([tile({ ...v('3'), aheadOf: '2', status: 'stale', age: 2 * HOUR })], v('2'))],
    CHECKED,
    'old: May be out of date: 2 hr',
  ],
  ['the same, updating', [of([tile(v('1'))], { version: '2', updating: true })], CHECKED, 'updating: Updating …'],
  [
    'the same, updating and refused',
    [of([tile({ ...v('1'), status: 'stale', failed: true })], { version: '2', updating: true })],
    CHECKED,
    'old: May be out of date: 10 sec',
  ],
  ['a tile without a version', [of([tile()], v('2'))], CHECKED, 'current: Up to date'],
  ['no version in force', [of([tile(v('1'))])], {}, 'current: Up to date'],
  [
    'one tile of twenty',
    [of([...Array<TileFacts>(19).fill(tile(v('2'))), tile(v('1'))], v('2'))],
    CHECKED,
    'old: May be out of date: 10 sec',
  ],
  // Stale, and failures.
  ['stale a moment ago: it is being validated', [of([tile({ status: 'stale', ttl: -5 })])], {}, 'current: Up to date'],
  [
    'stale for long: not validated',
    [of([tile({ status: 'stale', since: 31 })])],
    {},
    'old: May be out of date: 10 sec',
  ],
  ['stale, the origin failed', [of([tile({ status: 'stale', failed: true })])], {}, 'old: May be out of date: 10 sec'],
  [
    'fresh by its headers, the origin failed',
    [of([tile({ ttl: 60, failed: true })])],
    {},
    'old: May be out of date: 10 sec',
  ],
  ['validated', [of([tile({ status: 'revalidated', age: 0 })])], {}, 'current: Up to date'],
  [
    'twenty stale under a dead origin',
    [of(Array<TileFacts>(20).fill(tile({ status: 'stale', age: 3 * DAY, failed: true })))],
    { failures: 5 },
    'old: May be out of date: 3 days',
  ],
  // Holes.
  ['a hole', [of([hole])], {}, 'missing: Parts of the map are missing'],
  ['a hole among good tiles', [of([tile({ ttl: 60 }), hole])], CHECKED, 'missing: Parts of the map are missing'],
  [
    'twenty holes over a dead origin',
    [of(Array<TileFacts>(20).fill(hole))],
    { failures: 3 },
    'missing: Parts of the map are missing',
  ],
  ['holes while updating', [of([hole], { updating: true })], {}, 'missing: Parts of the map are missing'],
  // Offline.
  ['offline', [of([old])], { offline: true }, 'offline: Offline, up to 2 hr old'],
  ['offline, all proven', [of([tile({ ttl: 999 })])], { offline: true }, 'offline: Offline, up to 10 sec old'],
  ['offline with a hole', [of([old, hole])], { offline: true }, 'offline: Offline, up to 2 hr old'],
  ['offline and nothing shown', [of([hole])], { offline: true }, 'offline: Offline'],
  ['offline, an unknown age', [of([tile(), tile({ age: undefined })])], { offline: true }, 'offline: Offline'],
  ['offline while updating', [of([old], { updating: true })], { offline: true }, 'offline: Offline, up to 2 hr old'],
  // Updating.
  ['updating', [of([tile({ ttl: 5 })], { updating: true })], {}, 'updating: Updating …'],
  ['another layer, not shown, is updating', [of([tile()]), of([], { updating: true })], {}, 'current: Up to date'],
  // Checks.
  ['checks fail', [of([tile()])], { failures: 2 }, 'failing: Cannot look for updates'],
  ['checks fail over old tiles', [of([old])], { failures: 9 }, 'old: May be out of date: 2 hr'],
  // Clocks.
  ['an unknown age', [of([tile({ age: undefined })])], {}, 'unknown: Age not known'],
  ['the same beside a young one', [of([tile(), tile({ age: undefined })])], {}, 'unknown: Age not known'],
  [
    'the same, its version confirmed',
    [of([tile({ ...v('2'), age: undefined })], v('2'))],
    CHECKED,
    'current: Up to date',
  ],
  [
    'the same, of another version',
    [of([tile({ ...v('1'), age: undefined })], v('2'))],
    CHECKED,
    'old: May be out of date',
  ],
  ['20,782 days: a clock that was wrong', [of([tile({ age: 20782 * DAY })])], {}, 'unknown: Age not known'],
  ['the same, offline', [of([tile({ age: 20782 * DAY })])], { offline: true }, 'offline: Offline'],
  // Combinations seen in practice.
  [
    'a kiosk of 1970 without a network that its browser knows of',
    [of([tile({ status: 'stale', age: undefined, ttl: 0, failed: true })])],
    { failures: 3 },
    'old: May be out of date',
  ],
  ['the same, fetched a moment ago', [of([tile({ status: 'miss', age: 0, ttl: 60 })])], {}, 'current: Up to date'],
  [
    'a radar whose origin fails, over a base map for a year',
    [of([tile({ age: 30 * DAY, ttl: 300 * DAY })]), of([tile({ status: 'stale', age: 1200, ttl: 0, failed: true })])],
    {},
    'old: May be out of date: 20 min',
  ],
  [
    'an edge that lags',
    [of([tile({ ...v('1'), status: 'stale', age: 400, ttl: 0 })], v('2'))],
    CHECKED,
    'old: May be out of date: 6 min',
  ],
  [
    'an overlay that is refused, beside one that is on its way',
    [of([hole]), of([tile()], { updating: true })],
    CHECKED,
    'missing: Parts of the map are missing',
  ],
  [
    'a sign with fresh headers, without checks for three days',
    [of([tile({ age: 3 * DAY, ttl: 3000 })])],
    { failures: 2, checkedAt: NOW - 3 * DAY * 1000 },
    'failing: Cannot look for updates',
  ],
  [
    'validated an hour ago, and never since',
    [of([tile({ age: 4200, ttl: -4200, since: 4200 })])],
    {},
    'old: May be out of date: 1 hr',
  ],
  ['no age, but fresh headers', [of([tile({ age: undefined, ttl: 50 })])], {}, 'current: Up to date'],
  ['three days away and renewed', [of([tile({ age: 2, status: 'miss' })], v('2'))], CHECKED, 'current: Up to date'],
];

describe('the status text', () => {
  it('has a table of forty rows or more', () => expect(rows.length).toBeGreaterThanOrEqual(40));

  it.each(rows)('%s', (_, layers, rest, expected) => {
    const summary = describeScreen(screen(layers, rest));
    expect(`${summary.state}: ${wordsFor(summary)}`).toBe(expected);
  });

  it('counts the tiles and the holes', () =>
    expect(describeScreen(screen([of([tile(), hole]), of([hole])]))).toMatchObject({ tiles: 3, missing: 2 }));

  it.each([
    [undefined, ''],
    [NOW - 90_000, 'Last checked 1 min ago'],
    [NOW + 5000, 'Last checked 0 sec ago'],
    [0, ''],
    [NOW + 55 * 365 * DAY * 1000, ''],
  ])('checked at %s: %s', (checkedAt, expected) =>
    expect(checkedWords(describeScreen(screen([], { checkedAt })))).toBe(expected),
  );

  it('accepts other words and another language', () => {
    const summary = describeScreen(screen([of([old, hole])]));
    const texts = { missing: '{missing} Kacheln fehlen' };
    expect(wordsFor(summary, texts as never)).toBe('1 Kacheln fehlen');
    const german = { old: 'Evtl. veraltet: {age}' };
    expect(wordsFor(describeScreen(screen([of([old])])), german as never, 'de')).toBe('Evtl. veraltet: 2 Std.');
  });
});
