import { beforeEach, describe, expect, it } from 'vitest';
import { createNetworkHealth, type NetworkHealth, SEVERAL } from '../../../sw/origin/health';

describe('network health', () => {
  let clock: number;
  let onLine: boolean | undefined;
  let changes: Array<[string, boolean]>;
  let health: NetworkHealth;
  beforeEach(() => {
    clock = 0;
    onLine = undefined;
    changes = [];
    health = createNetworkHealth({
      now: () => clock,
      random: () => 0.5,
      onLine: () => onLine,
      onChange: (layer, dead) => changes.push([layer, dead]),
    });
  });
  const fail = (kind: 'timeout' | 'network' | 'status', count = SEVERAL) => {
    for (let i = 0; i < count; i += 1) health.failed('roads', kind, `tile ${i}`);
  };

  it('counts a layer as dead after several URLs have timed out, until something answers', () => {
    fail('timeout', SEVERAL - 1);
    expect(health.dead('roads')).toBe(false);
    fail('timeout');
    expect([health.dead('roads'), health.dead('rivers'), health.offline]).toEqual([true, false, true]);
    health.answered('roads', 'another tile');
    expect(health.dead('roads')).toBe(false);
    expect(changes).toEqual([
      ['roads', true],
      ['roads', false],
    ]);
  });

  it('counts a layer as dead as long as the browser reports that it is offline', () => {
    onLine = false;
    health.failed('roads', 'network', 'one');
    expect(health.dead('roads')).toBe(true);
    onLine = true;
    expect(health.dead('roads')).toBe(false);
    expect(changes).toEqual([
      ['roads', true],
      ['roads', false],
    ]);
  });

  it('is offline to a new page only while nothing answers: a host that hangs, and that no map asks any more, is no outage', () => {
    fail('timeout');
    expect(health.offline).toBe(true);
    clock += 1;
    health.answered('rivers', 'a tile');
    expect([health.dead('roads'), health.offline]).toEqual([true, false]);
  });

  it('keeps it dead after that if several URLs have timed out as well', () => {
    onLine = false;
    fail('timeout');
    onLine = true;
    expect(health.dead('roads')).toBe(true);
  });

  it('concludes nothing about a layer from one URL, however often it fails', () => {
    for (let i = 0; i < 20; i += 1) {
      clock += 1000;
      health.failed('roads', 'timeout', 'bad');
    }
    expect(health.dead('roads')).toBe(false);
    expect(health.mayProbe('roads', 'good')).toBe(true);
    expect(health.mayProbe('roads', 'bad')).toBe(false);
  });

  it('concludes nothing from one tile, under however many URLs', () => {
    for (let i = 0; i < 20; i += 1) health.failed('roads', 'timeout', `bad?retry=${i}`, undefined, 'bad');
    expect(health.dead('roads')).toBe(false);
    expect(health.mayProbe('roads', 'good')).toBe(true);
    expect(health.mayProbe('roads', 'bad?retry=7')).toBe(false);
  });

  it('counts only failures within a short time and without an answer in between', () => {
    fail('timeout', SEVERAL - 1);
    health.answered('roads', 'good');
    health.failed('roads', 'timeout', 'x');
    expect(health.dead('roads')).toBe(false);
    clock += 120_000;
    health.failed('roads', 'timeout', 'y');
    health.failed('roads', 'timeout', 'z');
    expect(health.dead('roads')).toBe(false);
  });

  it('trusts the browser if it reports being offline, and not if it reports being online', () => {
    onLine = true;
    health.failed('roads', 'network', 'a');
    expect(health.dead('roads')).toBe(false);
    onLine = false;
    health.failed('roads', 'network', 'a');
    expect(health.dead('roads')).toBe(true);
  });

  it('takes an error status for an answer: the layer is not disconnected, and gets fewer requests', () => {
    fail('timeout');
    health.failed('roads', 'network', 'tile 0');
    expect(health.dead('roads')).toBe(true);
    health.failed('roads', 'status', 'tile 1');
    expect(health.dead('roads')).toBe(false);
    expect(health.mayProbe('roads', 'tile 9')).toBe(false);
  });

  it('probes one request at a time, with back-off', () => {
    fail('timeout');
    const delays: number[] = [];
    for (let probe = 0; probe < 8; probe += 1) {
      const from = clock;
      while (!health.mayProbe('roads', `probe ${probe}`)) clock += 100;
      expect(health.mayProbe('roads', 'another')).toBe(false);
      delays.push(clock - from);
      for (let i = 0; i < SEVERAL; i += 1) health.failed('roads', 'timeout', `probe ${probe} ${i}`);
    }
    expect(delays[0]).toBeLessThanOrEqual(1000);
    for (let i = 1; i < 5; i += 1) expect(delays[i]).toBeGreaterThan(delays[i - 1]!);
    expect(Math.max(...delays)).toBeLessThanOrEqual(38_000);
  });

  it('continues to probe after a clock that jumped back', () => {
    clock = 10_000_000;
    fail('timeout');
    clock = 0;
    expect(health.mayProbe('roads', 'tile 0')).toBe(true);
  });

  describe('refused connections', () => {
    it('are reported as offline, and requests continue', () => {
      fail('network', SEVERAL - 1);
      expect([health.offline, changes]).toEqual([false, []]);
      fail('network');
      expect([health.offline, health.dead('roads')]).toEqual([true, false]);
      expect(changes).toEqual([['roads', true]]);
    });

    it('end with any answer of any layer', () => {
      fail('network');
      health.answered('rivers', 'a tile');
      expect(health.offline).toBe(false);
      expect(changes).toEqual([
        ['roads', true],
        ['roads', false],
      ]);
    });

    it('count for one host only if another one has answered since', () => {
      health.failed('roads', 'network', 'tile 0');
      clock += 1;
      health.answered('rivers', 'a tile');
      fail('network', SEVERAL - 1);
      expect(health.offline).toBe(false);
    });

    it('do not include error statuses, which prove a connection', () => {
      fail('status');
      expect([health.offline, changes]).toEqual([false, []]);
    });
  });
});
