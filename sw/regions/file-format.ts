/** The key of the region's own lines in an archive's metadata. */
export const REGION_METADATA = 'sw-tile-cache';
export const FILE_REMEDY = 'Use a file that regions.export() made.';
