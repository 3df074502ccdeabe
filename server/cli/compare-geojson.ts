import { TileCacheError } from '../../src/shared/errors';
import type { ZoomRange } from '../../src/shared/tile';
import { type Area, areaOf, type Extent } from '../detect/changed-area';
import { readFeatures } from './geojson-features';

/** The share of a tile by which renderers draw over its edge. */
const BUFFER = 0.1;

/**
 * Returns where two GeoJSON files differ: the places of features that are new, gone or changed, and for moved features
 * both places. Resolves with `undefined` if they do not differ. Rejects with `INVALID_OPTION`.
 */
export async function differingArea(
  before: string,
  after: string,
  zooms: ZoomRange | undefined,
): Promise<Area | undefined> {
  // Count equal features up for one file and down for the other. What is left over differs.
  const left = new Map<string, { count: number; parts: readonly Extent[] }>();
  const count = async (path: string, option: string, by: number) => {
    const unreadable = (file: string, why: string, cause?: unknown) => refusal(option, file, why, cause);
    for await (const { digest, parts } of readFeatures(path, unreadable)) {
      const held = left.get(digest);
      if (held?.count === -by) left.delete(digest);
      else left.set(digest, { count: (held?.count ?? 0) + by, parts });
    }
  };
  await count(before, '--before', 1);
  await count(after, '--after', -1);
  const extents = [...left.values()].flatMap(({ parts }) => parts);
  return extents.length === 0 ? undefined : areaOf(extents, zooms, BUFFER);
}

const refusal = (option: string, path: string, why: string, cause: unknown) =>
  new TileCacheError(
    {
      code: 'INVALID_OPTION',
      field: option,
      message: `${option}: ${path} ${why}.`,
      remedy: 'Give GeoJSON according to RFC 7946, in degrees of WGS 84.',
    },
    { cause },
  );
