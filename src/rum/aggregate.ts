import type { TileUse, TileValidation } from '../shared/protocol';
import { AGE_BOUNDS, bucketOf, emptyHistogram, observe, RUM_LIMITS, VALIDATION_BOUNDS, type RumTiles } from '../shared/rum-schema';

/** Counts uses by layer, zoom and status until they are taken. */
export interface Aggregate {
  add(use: TileUse): void;
  /** A validation behind an answer: no use of its own. */
  validated(validation: TileValidation): void;
  /** The counts so far, which start anew. What was taken is never counted again. */
  take(): RumTiles[];
}

/** Groups that are held at once; a page with more is broken, and what is beyond goes uncounted. */
const MOST_GROUPS = 5000;

/** Creates an empty aggregate. */
export function createAggregate(): Aggregate {
  let groups = new Map<string, RumTiles>();

  function group({ layer, tile, status }: Pick<TileUse, 'layer' | 'tile' | 'status'>): RumTiles | undefined {
    const zoom = tile?.z ?? null;
    const key = JSON.stringify([layer, zoom, status]);
    const found = groups.get(key);
    if (found || groups.size >= MOST_GROUPS) return found;
    const fresh: RumTiles = {
      layer: layer.slice(0, RUM_LIMITS.name),
      zoom,
      status,
      count: 0,
      ageBuckets: new Array<number>(AGE_BOUNDS.length + 1).fill(0),
      ageSum: 0,
      ageMax: 0,
      staleServed: 0,
      validations: emptyHistogram(VALIDATION_BOUNDS),
      errors: 0,
    };
    groups.set(key, fresh);
    return fresh;
  }

  return {
    add(use) {
      const to = group(use);
      if (!to || to.count >= RUM_LIMITS.count) return;
      to.count += 1;
      if (use.status === 'stale') to.staleServed += 1;
      if (use.code === 0 || use.code >= 500 || use.originFailed) to.errors += 1;
      if (use.validation !== undefined) observe(to.validations, VALIDATION_BOUNDS, within(use.validation, RUM_LIMITS.validation));
      // An error has no age.
      if (use.status === 'error') return;
      const age = within(use.age, RUM_LIMITS.age);
      const bucket = bucketOf(AGE_BOUNDS, age);
      to.ageBuckets[bucket] = (to.ageBuckets[bucket] ?? 0) + 1;
      to.ageSum += age;
      to.ageMax = Math.max(to.ageMax, age);
    },
    validated(validation) {
      const to = group(validation);
      if (!to || to.validations.count >= RUM_LIMITS.count) return;
      if (validation.failed) to.errors += 1;
      observe(to.validations, VALIDATION_BOUNDS, within(validation.duration, RUM_LIMITS.validation));
    },
    take() {
      const taken = [...groups.values()];
      groups = new Map();
      return taken;
    },
  };
}

/** Clocks jump: whatever a difference of two instants says, it lies within the schema's bounds. */
function within(value: number, most: number): number {
  return value > 0 ? Math.min(value, most) : 0;
}
