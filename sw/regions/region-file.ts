import { isRecord, isVersion, refuse } from '../../src/shared/validate';
import type { ArchiveFile } from './archive-file';
import { FILE_REMEDY, REGION_METADATA } from './file-format';
import { readNoTiles } from './no-tiles';

/** The description of a region in a file. */
export interface RegionFile {
  /** The unchecked request, as a page would send it. */
  spec: unknown;
  /** The type of its tiles. */
  type: string;
  /** Epoch milliseconds. */
  savedAt: number;
  /** The version; '' if it was not known. */
  version: string;
  /** True if the tiles came for a request with a secret, which is not in the file. */
  isPrivate: boolean;
  /** Statuses of tiles that do not exist, by their places in the archive. */
  none: ReadonlyMap<number, number>;
}

/** `type/subtype` and parameters (RFC 9110 section 8.3.1). */
const TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(;[ -~]{0,100})?$/;

/**
 * Reads the region's own lines from an archive's metadata. `given` takes precedence over them. Throws `INVALID_OPTION` if
 * there are none.
 */
export function readRegionFile(
  { metadata }: ArchiveFile,
  given: { template: unknown; id: unknown },
  now: number,
): RegionFile {
  const own = metadata[REGION_METADATA];
  const isOwn =
    isRecord(own) &&
    Number.isSafeInteger(own['savedAt']) &&
    (own['savedAt'] as number) >= 0 &&
    typeof own['type'] === 'string' &&
    TYPE.test(own['type']);
  if (!isOwn) return refuse('INVALID_OPTION', 'file', 'a file with a region in its metadata', FILE_REMEDY);
  const { name, layer, bounds, zooms, type, version, savedAt, ratio, maxBytes } = own;
  const asked = given.template ?? own['template'];
  const saved = {
    layer,
    ...(asked !== undefined && { template: asked }),
    // The map requests its tiles in the ratio in which they were saved.
    ...(ratio !== undefined && { ratios: [ratio] }),
  };
  return {
    spec: {
      id: given.id ?? own['id'],
      name,
      layers: [saved],
      bounds,
      zooms,
      ...(maxBytes !== undefined && { maxBytes }),
    },
    type: type as string,
    // A clock that ran ahead elsewhere must not make tiles newer than now.
    savedAt: Math.min(savedAt as number, now),
    version: isVersion(version) ? version : '',
    isPrivate: own['private'] === true,
    none: readNoTiles(own['none']),
  };
}
