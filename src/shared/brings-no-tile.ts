/**
 * True for a status that is no answer about the tile: "log in", "not allowed", "busy". Whatever the worker did with it,
 * the map got nothing. 404 and 410 say that there is no tile.
 */
export const bringsNoTile = (status: number): boolean => status >= 400 && status !== 404 && status !== 410;
