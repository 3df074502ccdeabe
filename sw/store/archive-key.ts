import { RESERVED } from '../../src/shared/address-key';

/** The name of the part that is all of an archive, where its host knows no ranges. */
export const WHOLE_ARCHIVE = 'whole';

/** The key of a part of an archive, among the tiles of its layer. */
export const archivePartKey = (origin: string, layer: string, version: string, part: string): string =>
  `${origin}/${RESERVED}/archive/${[layer, version, part].map(encodeURIComponent).join('/')}`;
