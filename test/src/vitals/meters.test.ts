import { describe, expect, it } from 'vitest';
import { createSwapMeter } from '../../../src/vitals/swap-meter';
import { createViewMeter } from '../../../src/vitals/view-meter';

const screen = (missing: number, blank = missing, place = 'a') => ({ wanted: 6, missing, blank, place });

describe('the meter of views', () => {
  it('times the first view from the start of the load, and blank parts from the first look', () => {
    const meter = createViewMeter(0);
    expect(meter.sample(400, screen(6))).toEqual([]);
    expect(meter.sample(1000, screen(2, 1))).toEqual([]);
    expect(meter.busy).toBe(true);
    expect(meter.sample(1200, screen(0))).toEqual([
      { name: 'full-view', value: 1200, cause: 'load', tiles: 6 },
      { name: 'blank', value: (6 * 600 + 200) / 1000, cause: 'load' },
    ]);
    expect(meter.busy).toBe(false);
  });

  it('times a movement from its end, whatever its first destination', () => {
    const meter = createViewMeter(undefined);
    meter.sample(0, screen(0));
    for (let at = 16; at <= 160; at += 16) expect(meter.sample(at, screen(1, 1, `${at}`))).toEqual([]);
    expect(meter.sample(300, screen(0, 0, '160'))).toEqual([
      { name: 'full-view', value: 140, cause: 'move', tiles: 6 },
      { name: 'blank', value: 0.284, cause: 'move' },
    ]);
  });

  it('waits for the end of the movement even if all tiles are stored', () => {
    const meter = createViewMeter(undefined);
    meter.sample(0, screen(0));
    meter.sample(16, screen(0, 0, 'b'));
    expect(meter.sample(50, screen(0, 0, 'b'))).toEqual([]);
    expect(meter.sample(120, screen(0, 0, 'b'))).toEqual([
      { name: 'full-view', value: 0, cause: 'move', tiles: 6 },
      { name: 'blank', value: 0, cause: 'move' },
    ]);
  });

  it('counts no gap while the device sleeps', () => {
    const meter = createViewMeter(0);
    meter.sample(400, screen(6));
    meter.sample(1400, screen(6));
    const hours = 8 * 3_600_000;
    expect(meter.sample(hours, screen(6))).toEqual([{ name: 'blank', value: 6, cause: 'load' }]);
    expect(meter.sample(hours + 1000, screen(0))).toMatchObject([
      { name: 'full-view', cause: 'change' },
      { name: 'blank', value: 6, cause: 'change' },
    ]);
  });

  it('reports no full view if it is left or hidden before', () => {
    const meter = createViewMeter(undefined);
    meter.sample(0, screen(0));
    meter.sample(16, screen(2, 2, 'b'));
    expect(meter.sample(1016, screen(2, 2, 'c'))).toEqual([{ name: 'blank', value: 2, cause: 'move' }]);
    expect(meter.leave(1516)).toEqual([{ name: 'blank', value: 1, cause: 'move' }]);
    expect(meter.leave(9999)).toEqual([]);
    // Time while the page is hidden does not count.
    expect(meter.sample(20_000, screen(1, 1, 'c'))).toEqual([]);
    expect(meter.sample(20_250, screen(0, 0, 'c'))).toEqual([
      { name: 'full-view', value: 250, cause: 'change', tiles: 6 },
      { name: 'blank', value: 0.25, cause: 'change' },
    ]);
  });
});

describe('the meter of swaps', () => {
  const idle = { updating: false, old: false };
  const busy = { updating: true, old: false };

  it('times from the publication to the last exchange', () => {
    const meter = createSwapMeter();
    meter.published(100);
    expect([meter.sample(116, busy), meter.sample(300, busy), meter.sample(400, idle)]).toEqual(
      Array(3).fill(undefined),
    );
    expect(meter.sample(900, idle)).toBe(300);
    expect(meter.busy).toBe(false);
  });

  it('waits for the new tile if a stored one was answered first', () => {
    const meter = createSwapMeter();
    meter.published(0);
    meter.sample(16, busy);
    meter.sample(50, idle);
    expect(meter.sample(600, { updating: false, old: true })).toBeUndefined();
    expect(meter.sample(700, busy)).toBeUndefined();
    expect(meter.sample(800, idle)).toBeUndefined();
    expect(meter.sample(1300, idle)).toBe(800);
  });

  it('reports nothing if nothing on the screen changed, or for a hidden page', () => {
    const meter = createSwapMeter();
    meter.published(0);
    for (const at of [16, 600, 70_000]) expect(meter.sample(at, idle)).toBeUndefined();
    expect(meter.busy).toBe(false);
    meter.published(80_000);
    meter.sample(80_016, busy);
    meter.leave();
    expect(meter.sample(81_000, idle)).toBeUndefined();
  });
});
