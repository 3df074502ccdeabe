/**
 * True for a tile that a page requests before its map does: nobody looks at the answer, so it does not count as a use
 * of the tile.
 */
export const isPrefetch = ({ headers }: Request): boolean => headers.get('purpose') === 'prefetch';
