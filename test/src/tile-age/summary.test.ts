import { describe, expect, it } from 'vitest';
import { ageText } from '../../../src/screen/age-text';
import { createAnnouncer, summarise } from '../../../src/tile-age/summary';
import type { ClientStatus } from '../../../src/page/types';

const layer = (rest: object) => ({
  version: 'a',
  counts: { hit: 1, stale: 0, miss: 0, revalidated: 0, error: 0 },
  oldest: undefined,
  median: undefined,
  updating: false,
  ...rest,
});
const status = (rest: Partial<ClientStatus> = {}): ClientStatus => ({
  state: 'active',
  offline: false,
  checkedAt: undefined,
  failures: 0,
  layers: {},
  ...rest,
});
const ask = { threshold: 3600, now: 100_000 };

describe('summarise', () => {
  it.each([
    ['unknown', {}],
    ['current', { layers: { roads: layer({ oldest: 3599 }) } }],
    ['old', { layers: { roads: layer({ oldest: 3600 }) } }],
    ['updating', { layers: { roads: layer({ oldest: 9999, updating: true }) } }],
    ['failing', { failures: 2, layers: { roads: layer({ oldest: 1 }) } }],
    ['current', { failures: 1, layers: { roads: layer({ oldest: 1 }) } }],
    ['old', { failures: 9, layers: { roads: layer({ oldest: 4000 }) } }],
    ['offline', { offline: true, layers: { roads: layer({ oldest: 9999, updating: true }) } }],
  ] as const)('says %s', (state, rest) => {
    expect(summarise(status(rest), ask).state).toBe(state);
  });

  it('covers one layer or all', () => {
    const both = status({ layers: { roads: layer({ oldest: 10 }), pois: layer({ oldest: 20 }) } });
    expect(summarise(both, { ...ask, layer: 'roads' }).age).toBe(10);
    expect(summarise(both, ask).age).toBe(20);
    expect(summarise(both, { ...ask, layer: 'rivers' })).toMatchObject({ state: 'unknown', age: undefined });
  });

  it('relies on the tiles on the screen', () => {
    expect(
      summarise(status({ layers: { roads: layer({ oldest: 9999 }) } }), {
        ...ask,
        layer: 'roads',
        tiles: [{ status: 'hit', age: 5, since: 0 }],
      }),
    ).toMatchObject({
      state: 'current',
      age: 5,
    });
  });

  it('counts from the last good check', () => {
    expect(summarise(status({ checkedAt: 40_000 }), ask).checked).toBe(60);
    expect(summarise(status({ checkedAt: 999_000 }), ask).checked).toBe(0);
  });
});

describe('createAnnouncer', () => {
  it('announces each lasting change once', () => {
    const announce = createAnnouncer(1000);
    const said = (['current', 'unknown', 'old', 'old', 'updating', 'current', 'current'] as const).map((state, i) =>
      announce(state, i * 2000),
    );
    expect(said).toEqual([false, false, true, false, false, true, false]);
  });

  it('ignores a flickering state', () => {
    const announce = createAnnouncer(1000);
    expect(announce('offline', 0)).toBe(true);
    expect(announce('current', 500)).toBe(false);
    expect(announce('offline', 900)).toBe(false);
    expect(announce('current', 1000)).toBe(true);
  });

  it('continues after the clock is set back', () => {
    const announce = createAnnouncer(1000);
    expect(announce('old', Date.UTC(2036, 0))).toBe(true);
    expect(announce('current', Date.UTC(2026, 0))).toBe(true);
  });
});

describe('ageText', () => {
  it.each([
    [-5, '0 sec'],
    [59.9, '59 sec'],
    [60, '1 min'],
    [3 * 3600 + 1800, '3 hr'],
    [2 * 86400, '2 days'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(ageText(seconds)).toBe(text);
  });

  it('uses the page’s language, and English for an unknown one', () => {
    expect(ageText(7200, 'de')).toBe('2 Std.');
    expect(ageText(7200, 'no such language')).toBe('2 hr');
  });
});
