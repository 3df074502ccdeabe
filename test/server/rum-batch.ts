import { AGE_BOUNDS, emptyHistogram, observe, VALIDATION_BOUNDS, type RumBatch } from '../../src/shared/rum-schema';

let ids = 0;

/** Returns a beacon of a page that was shown one tile of roads. */
export function rumBatch(rest: Partial<RumBatch> = {}): RumBatch {
  ids += 1;
  const age = emptyHistogram(AGE_BOUNDS);
  observe(age, AGE_BOUNDS, 1);
  const tiles = {
    ...{ layer: 'roads', zoom: 10, status: 'hit' as const, count: 1, staleServed: 0, errors: 0 },
    ...{ ageBuckets: age.buckets, ageSum: 1, ageMax: 1, validations: emptyHistogram(VALIDATION_BOUNDS) },
  };
  return {
    ...{ schema: 1, id: `beacon-${ids}`, session: `session-${ids}`, sentAt: 1, page: '/', sample: 1 },
    tiles: [tiles],
    versions: {},
    ...rest,
  };
}
