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

  it('calls a layer dead after several addresses timed out, until something answers', () => {
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

  it('is dead on the word of the browser for as long as the browser says so', () => {
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

  it('stays dead after that where several addresses timed out as well', () => {
    onLine = false;
    fail('timeout');
    onLine = true;
    expect(health.dead('roads')).toBe(true);
  });

  it('learns nothing of a layer from one address, however often it fails', () => {
    for (let i = 0; i < 20; i += 1) {
      clock += 1000;
      health.failed('roads', 'timeout', 'bad');
    }
    expect(health.dead('roads')).toBe(false);
    expect(health.mayProbe('roads', 'good')).toBe(true);
    expect(health.mayProbe('roads', 'bad')).toBe(false);
  });

  it('nor from one tile, under however many addresses', () => {
    for (let i = 0; i < 20; i += 1) health.failed('roads', 'timeout', `bad?retry=${i}`, undefined, 'bad');
    expect(health.dead('roads')).toBe(false);
    expect(health.mayProbe('roads', 'good')).toBe(true);
    expect(health.mayProbe('roads', 'bad?retry=7')).toBe(false);
  });

  it('counts only failures without an answer in between, and of one time', () => {
    fail('timeout', SEVERAL - 1);
    health.answered('roads', 'good');
    health.failed('roads', 'timeout', 'x');
    expect(health.dead('roads')).toBe(false);
    clock += 120_000;
    health.failed('roads', 'timeout', 'y');
    health.failed('roads', 'timeout', 'z');
    expect(health.dead('roads')).toBe(false);
  });

  it("believes the browser's own word that it is offline, and only that one", () => {
    onLine = true;
    health.failed('roads', 'network', 'a');
    expect(health.dead('roads')).toBe(false);
    onLine = false;
    health.failed('roads', 'network', 'a');
    expect(health.dead('roads')).toBe(true);
  });

  it('takes a bad status for an answer: such a layer is not disconnected, and asked less often', () => {
    fail('timeout');
    health.failed('roads', 'network', 'tile 0');
    expect(health.dead('roads')).toBe(true);
    health.failed('roads', 'status', 'tile 1');
    expect(health.dead('roads')).toBe(false);
    expect(health.mayProbe('roads', 'tile 9')).toBe(false);
  });

  it('probes with back-off, one at a time', () => {
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

  it('is not silenced by a clock that jumped back', () => {
    clock = 10_000_000;
    fail('timeout');
    clock = 0;
    expect(health.mayProbe('roads', 'tile 0')).toBe(true);
  });

  describe('connections that are refused', () => {
    it('are told as offline, and requests go on', () => {
      fail('network', SEVERAL - 1);
      expect([health.offline, changes]).toEqual([false, []]);
      fail('network');
      expect([health.offline, health.dead('roads')]).toEqual([true, false]);
      expect(changes).toEqual([['roads', true]]);
    });

    it('end with any answer, of whatever layer', () => {
      fail('network');
      health.answered('rivers', 'a tile');
      expect(health.offline).toBe(false);
      expect(changes).toEqual([
        ['roads', true],
        ['roads', false],
      ]);
    });

    it('are one host that is down where another answered since', () => {
      health.failed('roads', 'network', 'tile 0');
      clock += 1;
      health.answered('rivers', 'a tile');
      fail('network', SEVERAL - 1);
      expect(health.offline).toBe(false);
    });

    it('are no statuses: those come from somewhere', () => {
      fail('status');
      expect([health.offline, changes]).toEqual([false, []]);
    });
  });
});
