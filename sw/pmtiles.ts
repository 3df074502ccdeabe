import { archiveLayer } from './archives/archive-options';
import { createArchiveOrigin } from './archives/origin';
import type { Archives } from './archives/types';

export type { ArchiveOrigin, Archives, ArchiveTools } from './archives/types';

/**
 * Layers out of PMTiles archives on static hosts: goes into `createTileCache({ archives })`, for layers that name an
 * `archive`. Needs the package `pmtiles`.
 */
export function pmtiles(): Archives {
  return { layer: archiveLayer, origin: createArchiveOrigin };
}
