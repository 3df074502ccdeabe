import {
  groupKey,
  RUM_LIMITS,
  RUM_SCHEMA,
  type RumBatch,
  type RumTiles,
  type RumView,
  type RumVital,
} from '../shared/rum-schema';

/** Bytes of a beacon's body: below the 64 KiB that all beacons in flight share. */
export const BATCH_BYTES = 61_440;

/** The fields that all batches of a page share. */
export interface BatchFrame {
  session: string;
  page: string;
  region: string | undefined;
  experiment?: string | undefined;
  sample: number;
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

/** Splits the counts into batches within the schema's limits. Returns none if there is nothing to report. */
export function toBatches(
  { session, page, region, experiment, sample }: BatchFrame,
  tiles: readonly RumTiles[],
  vitals: readonly RumVital[],
  versions: Readonly<Record<string, string>>,
  sentAt: number,
  newId: () => string,
  views: readonly RumView[] = [],
): RumBatch[] {
  const batches: RumBatch[] = [];
  let bytes = 0;
  let room = createRoom();

  function begin(): RumBatch {
    const batch: RumBatch = {
      schema: RUM_SCHEMA,
      id: newId(),
      session,
      sentAt,
      page,
      ...(region && { region }),
      ...(experiment && { experiment }),
      sample,
      tiles: [],
      versions: {},
    };
    bytes = bytesOf(batch);
    room = createRoom();
    batches.push(batch);
    return batch;
  }

  function fits(part: unknown, count: number, most: number): boolean {
    const more = bytesOf(part) + 1;
    if (count >= most || bytes + more > BATCH_BYTES) return false;
    bytes += more;
    return true;
  }

  let batch: RumBatch | undefined;
  for (const group of tiles) {
    // Take the version with the group: a batch then names the versions of its own layers only.
    const version = versions[group.layer] ?? versions['*'];
    const named = version !== undefined && !(batch && Object.hasOwn(batch.versions, group.layer));
    const part = named ? [group, group.layer, version] : group;
    if (!batch || !room(group) || !fits(part, batch.tiles.length, RUM_LIMITS.tiles)) {
      batch = begin();
      room(group);
      fits([group, group.layer, version], 0, 1);
    }
    batch.tiles.push(group);
    if (version !== undefined && Object.keys(batch.versions).length < RUM_LIMITS.versions)
      batch.versions[group.layer] = version;
  }
  for (const vital of vitals) {
    if (!batch || !fits(vital, batch.vitals?.length ?? 0, RUM_LIMITS.vitals)) batch = begin();
    (batch.vitals ??= []).push(vital);
  }
  for (const view of views) {
    if (!batch || !fits(view, batch.views?.length ?? 0, RUM_LIMITS.views)) batch = begin();
    (batch.views ??= []).push(view);
  }
  return batches;
}

/** Returns a function that adds groups to a beacon, and returns false for the first one that does not fit. */
function createRoom(): (group: RumTiles) => boolean {
  const keys = new Set<string>();
  let [answers, validated, failed] = [0, 0, 0];
  return ({ layer, zoom, status, count, validations, errors }) => {
    const key = groupKey(layer, zoom, status);
    answers += count;
    validated += validations.count;
    failed += errors;
    if (keys.has(key) || Math.max(answers, validated, failed) > RUM_LIMITS.count) return false;
    keys.add(key);
    return true;
  };
}
