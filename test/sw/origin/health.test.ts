import { expect, it } from 'vitest';
import { createNetworkHealth } from '../../../sw/origin/health';

it('a layer whose origin answers badly is not disconnected', () => {
  const changes: Array<[string, boolean]> = [];
  const health = createNetworkHealth({
    now: () => 0,
    random: () => 0.5,
    onChange: (layer, dead) => changes.push([layer, dead]),
  });
  health.failed('roads', 'timeout');
  health.failed('roads', 'network');
  expect(health.dead('roads')).toBe(true);
  health.failed('roads', 'status');
  expect(health.dead('roads')).toBe(false);
  expect(health.mayProbe('roads')).toBe(false);
  expect(changes).toEqual([
    ['roads', true],
    ['roads', false],
  ]);
});
