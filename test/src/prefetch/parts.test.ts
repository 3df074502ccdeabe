// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../src/prefetch/answer';
import { createBackOff } from '../../../src/prefetch/back-off';
import { createBudget } from '../../../src/prefetch/budget';
import { type Conditions, obstacleIn } from '../../../src/prefetch/obstacle';
import { stepUrl } from '../../../src/prefetch/step-url';

describe('the budget', () => {
  const event = fc.oneof(
    fc.record({
      what: fc.constant('fetch' as const),
      reason: fc.constantFrom('ahead', 'back', 'parents', 'ring', 'tour'),
    }),
    fc.record({ what: fc.constant('show' as const), at: fc.nat(50) }),
    fc.record({ what: fc.constant('download' as const), tiles: fc.nat(20) }),
    fc.record({ what: fc.constant('turn' as const) }),
  );

  it('keeps useless tiles within their share, and each view within its limits', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const size = 1000;
        const budget = createBudget({ maxTiles: 40, maxBytes: 30_000, share: 0.25 });
        let [n, own, ofView] = [0, 0, 0];
        for (const one of events) {
          if (one.what === 'turn') {
            budget.turned();
            ofView = 0;
          } else if (one.what === 'download') {
            budget.downloaded(one.tiles * size);
            own += one.tiles * size;
          } else if (one.what === 'show') budget.shown([String(n - one.at)]);
          else if (budget.allows(one.reason as 'ring')) {
            budget.fetched(String(n++), size, one.reason as 'ring');
            ofView += size;
          }
          expect(ofView).toBeLessThanOrEqual(30_000);
          expect(budget.unseen).toBeLessThanOrEqual(Math.max(50 * size, 0.25 * (own + budget.bytes)) + 3 * size);
        }
      }),
    );
  });

  it('never lets wrong guesses of one kind exclude right ones of another', () => {
    const budget = createBudget({ maxTiles: 1e6, maxBytes: 1e9, share: 0.25 });
    for (let i = 0; budget.allows('ring') && i < 1000; i++) budget.fetched(`ring ${i}`, 10, 'ring');
    expect(budget.allows('ring')).toBe(false);
    expect(budget.allows('ahead')).toBe(true);
    expect(budget.allows('parents')).toBe(true);
  });

  it('reserves room for a return to a zoom that the map has shown', () => {
    const budget = createBudget({ maxTiles: 1e6, maxBytes: 1e9, share: 0.25 });
    let tile = 0;
    const spend = (reason: 'parents' | 'back') => {
      const before = tile;
      while (budget.allows(reason)) budget.fetched(String(tile++), 10, reason);
      return tile - before;
    };
    // 15 and 25 % of the share of 200 tiles.
    expect(spend('parents')).toBe(8);
    expect(spend('back')).toBe(5);
    expect([spend('parents'), spend('back')]).toEqual([0, 0]);
    budget.shown(['0']);
    expect([spend('parents'), spend('back')]).toEqual([0, 1]);
  });

  it('is spent by announced views as well, in tiles and in bytes, but not by hits', () => {
    const tiles = createBudget({ maxTiles: 2, maxBytes: 1e9, share: 0 });
    expect(tiles.allows('ring')).toBe(false);
    tiles.fetched('a', 0, 'tour');
    tiles.fetched('b', 0, 'target');
    expect(tiles.allows('step')).toBe(false);
    tiles.turned();
    expect(tiles.allows('step')).toBe(true);
    const bytes = createBudget({ maxTiles: 99, maxBytes: 10, share: 0 });
    bytes.fetched('a', 10, 'tour');
    expect(bytes.allows('tour')).toBe(false);
    expect([bytes.bytes, bytes.unseen]).toEqual([10, 0]);
  });
});

describe('the pause after a failure', () => {
  it('doubles, ends with an answer, and is as long as the server asks', () => {
    const pauses = createBackOff(() => 0);
    pauses.failed(0);
    expect(pauses.until).toBe(2000);
    pauses.failed(2000);
    expect(pauses.until).toBe(6000);
    for (let i = 0; i < 20; i++) pauses.failed(10_000);
    expect(pauses.until).toBe(310_000);
    pauses.answered();
    pauses.failed(400_000);
    expect(pauses.until).toBe(402_000);
    pauses.failed(402_000, 3_600_000);
    expect(pauses.until).toBe(4_002_000);
    // A short pause does not shorten a longer one.
    pauses.failed(403_000, 1000);
    expect(pauses.until).toBe(4_002_000);
  });
});

describe('an answer', () => {
  const read = (status: number, said: string | null, more: Record<string, string> = {}) =>
    readAnswer({ status, headers: new Headers({ ...(said !== null && { 'cache-status': said }), ...more }) }, 0);

  it.each([
    [200, 'sw-tile-cache; hit; ttl=30', { kind: 'hit', stored: true }],
    [200, 'sw-tile-cache; hit; ttl=-30', { kind: 'hit', stored: true }],
    [200, 'edge; hit, sw-tile-cache; fwd=uri-miss; fwd-status=200; stored', { kind: 'fetched', stored: true }],
    [200, 'edge; hit, sw-tile-cache; fwd=bypass; fwd-status=200', { kind: 'fetched', stored: false }],
    [404, 'sw-tile-cache; fwd=uri-miss; fwd-status=404', { kind: 'fetched', stored: true }],
    [504, 'sw-tile-cache; fwd=miss; detail=dropped', { kind: 'dropped', stored: false }],
    [504, 'sw-tile-cache; fwd=miss; detail=network', { kind: 'failed', stored: false }],
    [200, 'sw-tile-cache-of-another; hit', { kind: 'foreign', stored: false }],
    [200, 'sw-tile-cache; hit, edge; hit', { kind: 'foreign', stored: false }],
    [200, null, { kind: 'foreign', stored: false }],
  ])('%i with %j', (status, said, verdict) => {
    expect(read(status, said)).toMatchObject(verdict);
  });

  it('of an overloaded server says how long to wait', () => {
    const own = 'sw-tile-cache; fwd=miss; fwd-status=429';
    expect(read(429, own, { 'retry-after': '120' })).toMatchObject({ kind: 'failed', after: 120_000 });
    expect(read(503, own, { 'retry-after': new Date(90_000).toUTCString() })).toMatchObject({ after: 90_000 });
    expect(read(503, own, { 'retry-after': 'soon' }).after).toBeUndefined();
    expect(read(429, own, { 'retry-after': '999999999' }).after).toBe(3_600_000);
  });
});

describe('the obstacle', () => {
  const fine: Conditions = { hidden: false, online: true, worker: true, reducedData: false };
  const low = { level: 0.1, charging: false };

  it.each<[Partial<Conditions>, string | undefined]>([
    [{}, undefined],
    [{ hidden: true }, 'hidden'],
    [{ online: false }, 'offline'],
    [{ worker: false }, 'no-worker'],
    [{ network: 'off' }, 'network'],
    [{ network: 'unmetered' }, undefined],
    [{ network: 'unmetered', connection: { type: 'cellular' } }, 'metered'],
    [{ connection: { saveData: true } }, 'save-data'],
    [{ reducedData: true }, 'save-data'],
    [{ connection: { metered: true } }, 'metered'],
    [{ connection: { type: 'cellular', effectiveType: '4g' } }, 'metered'],
    [{ connection: { effectiveType: '2g' } }, 'slow'],
    [{ connection: { effectiveType: 'slow-2g' } }, 'slow'],
    [{ connection: { type: 'wifi', effectiveType: '3g' } }, undefined],
    [{ battery: low }, 'battery'],
    [{ battery: { ...low, charging: true } }, undefined],
    [{ battery: { level: 0.5, charging: false } }, undefined],
  ])('%j: %s', (given, obstacle) => {
    expect(obstacleIn({ ...fine, ...given })).toBe(obstacle);
  });
});

describe('the URL of a time step', () => {
  it.each([
    ['/wms?LAYERS=a&TIME=2026-01-01T00:00:00Z&BBOX=1,2', { param: 'time' }, '/wms?LAYERS=a&TIME=x%3Ay&BBOX=1,2'],
    ['/wms?time=', { param: 'TIME' }, '/wms?time=x%3Ay'],
    ['/tiles/1/2/3.png?v=1&t=5#a', { param: 't' }, '/tiles/1/2/3.png?v=1&t=x%3Ay#a'],
    ['/tiles?dim_%61=1', { param: 'dim_a' }, '/tiles?dim_%61=x%3Ay'],
    ['/tiles/1/2/3.png?v=1', { param: 't' }, undefined],
    ['/tiles/1/2/3.png', { param: 't' }, undefined],
    ['/a?%E0%A4%A=1&t=1', { param: 't' }, '/a?%E0%A4%A=1&t=x%3Ay'],
    ['/radar/2026:01/1/2/3.png', { current: '2026:01' }, '/radar/x:y/1/2/3.png'],
    ['/radar/2026%3A01/1/2/3.png', { current: '2026:01' }, '/radar/x%3Ay/1/2/3.png'],
    ['/radar/other/1/2/3.png', { current: '2026:01' }, undefined],
    ['/radar/1.+/1/2/3.png', { current: '1.+' }, '/radar/x:y/1/2/3.png'],
    ['/radar', {}, undefined],
  ])('%s', (url, which, expected) => {
    expect(stepUrl(url, which, 'x:y')).toBe(expected);
  });
});
