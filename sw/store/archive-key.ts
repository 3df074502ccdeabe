import { RESERVED } from '../../src/shared/address-key';

/** The name of the part that holds a whole archive, for hosts that do not support ranges. */
export const WHOLE_ARCHIVE = 'whole';

/** The key of an archive's part in the cache of its layer. */
export const archivePartKey = (origin: string, layer: string, version: string, part: string): string =>
  `${origin}/${RESERVED}/archive/${[layer, version, part].map(encodeURIComponent).join('/')}`;
