import type { TileUse, TileValidation } from '../shared/tile-use';
import {
  AGE_BOUNDS,
  bucketOf,
  emptyHistogram,
  groupKey,
  observe,
  RUM_LIMITS,
  VALIDATION_BOUNDS,
  type RumTiles,
} from '../shared/rum-schema';
import { within } from './within';

/** Counts tile uses by layer, zoom and status. */
export interface Aggregate {
  add(use: TileUse): void;
  /** Counts a validation in the background, which is no use of its own. */
  validated(validation: TileValidation): void;
  /**
   * Returns the counts and resets them. A busy group may return as several entries, because each must fit the limits of
   * one beacon.
   */
  take(): RumTiles[];
}

/** Maximum number of groups. A page with more is broken; uses of further groups are not counted. */
const MOST_GROUPS = 5000;

/** Creates an empty aggregate. `isRefusedStatus`: true if a response with this status left a hole in the map. */
export function createAggregate(isRefusedStatus: (status: number) => boolean): Aggregate {
  let groups = new Map<string, RumTiles>();
  let full: RumTiles[] = [];

  function group(use: Pick<TileUse, 'layer' | 'tile' | 'status'>): RumTiles | undefined {
    const { status } = use;
    const layer = use.layer.slice(0, RUM_LIMITS.name);
    const zoom = use.tile ? Math.min(use.tile.z, RUM_LIMITS.zoom) : null;
    const key = groupKey(layer, zoom, status);
    const found = groups.get(key);
    if (found && !isFull(found)) return found;
    if (groups.size + full.length >= MOST_GROUPS) return undefined;
    if (found) full.push(found);
    const fresh: RumTiles = {
      layer,
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
      // The map got no tile. `recordUse` decides the same for the screen.
      const refused = isRefusedStatus(use.code);
      const to = group(refused ? { ...use, status: 'error' } : use);
      if (!to) return;
      to.count += 1;
      if (use.status === 'stale') to.staleServed += 1;
      // Opaque responses have status 0, too.
      if (refused || (use.code === 0 && use.status === 'error') || use.originFailed) to.errors += 1;
      if (use.status === 'miss' && !use.collapsed) sent(to, use);
      if (use.versionMismatch) to.mismatches = (to.mismatches ?? 0) + 1;
      if (use.validation !== undefined)
        observe(to.validations, VALIDATION_BOUNDS, within(use.validation, RUM_LIMITS.validation));
      // An error has no age.
      if (to.status === 'error') return;
      const age = within(use.age, RUM_LIMITS.age);
      const bucket = bucketOf(AGE_BOUNDS, age);
      to.ageBuckets[bucket] = (to.ageBuckets[bucket] ?? 0) + 1;
      to.ageSum += age;
      to.ageMax = Math.max(to.ageMax, age);
    },
    validated(validation) {
      if (validation.collapsed) return;
      const to = group(validation);
      if (!to) return;
      if (validation.failed) to.errors += 1;
      sent(to, validation);
      observe(to.validations, VALIDATION_BOUNDS, within(validation.duration, RUM_LIMITS.validation));
    },
    take() {
      const taken = [...full, ...groups.values()];
      groups = new Map();
      full = [];
      return taken;
    },
  };
}

/** Adds the bytes that the origin sent, whether or not a page waited for them. */
function sent(to: RumTiles, { bytes }: Pick<TileUse, 'bytes'>): void {
  const came = Math.floor(within(bytes ?? 0, RUM_LIMITS.body));
  if (came > 0) to.bytes = (to.bytes ?? 0) + came;
}

/** Returns true if one more use or validation could exceed what one beacon may contain. */
function isFull({ count, validations, errors }: RumTiles): boolean {
  return Math.max(count, validations.count, errors) >= RUM_LIMITS.count;
}
