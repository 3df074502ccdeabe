// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { runPrefetch } from '../../../src/prefetch/run';
import { BYTES, createFakeMap } from './fake-map';

const OPTIONS = { ring: 1, parents: 1, maxTiles: 200, maxBytes: 4_000_000, share: 0.25, concurrency: 2, bulk: [] };

/** A walk as in the benchmark: steps of 0.6 tiles, with an occasional zoom in and out. */
async function walk(prefetches: boolean, steps = 60) {
  const fake = createFakeMap();
  const prefetch = prefetches ? runPrefetch(fake.binding, OPTIONS, fake.env) : undefined;
  fake.go({});
  await fake.run(1500);
  const start = fake.blank;
  for (let step = 0; step < steps; step++) {
    if (step % 20 === 9) fake.go({ zoom: fake.map.zoom + 1 });
    else if (step % 20 === 19) fake.go({ zoom: fake.map.zoom - 1 });
    else fake.pan(0.6 * Math.cos(step / 7), 0.6 * Math.sin(step / 5));
    await fake.run(700);
  }
  prefetch?.stop();
  return { blank: fake.blank - start, bytes: fake.log.length * BYTES, status: prefetch?.status() };
}

describe('a walk over the map', () => {
  it('has a fifth of the blank tile-seconds at most, for at most 30 % more bytes', async () => {
    const [without, with_] = [await walk(false), await walk(true)];
    expect(with_.blank).toBeLessThanOrEqual(0.2 * without.blank);
    expect(with_.bytes).toBeLessThanOrEqual(1.3 * without.bytes);
  });
});
