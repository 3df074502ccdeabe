import { archiveLayer } from './archives/archive-options';
import { createArchiveOrigin } from './archives/origin';
import type { Archives } from './archives/types';

export type { ArchiveOrigin, Archives, ArchiveTools } from './archives/types';

/**
 * Serves layers from PMTiles archives on static hosts, for layers that name an `archive`. Pass the result to
 * `createTileCache({ archives })`. Needs the package `pmtiles`.
 */
export function pmtiles(): Archives {
  return { layer: archiveLayer, origin: createArchiveOrigin };
}
