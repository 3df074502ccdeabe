/** True for a tile that a page asks for before its map does: nobody looks at the answer, so it is no use of the tile. */
export const isAhead = ({ headers }: Request): boolean => headers.get('purpose') === 'prefetch';
