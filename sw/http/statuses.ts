/** Successes that bring no tile: "not yet", "reset", parts, lists and differences (RFC 9110, 3229, 4918 and 5842). */
const NO_TILE = /^(20[25678]|226)$/;

/**
 * What a status says of the tile. Success is a tile, 404, 410 and 204 say that there is none, a success without a body
 * likewise. All other errors, "log in" and "not understood" as well as "busy", are about the request or the server, and
 * so is a redirect that leads nowhere.
 */
export function saysNothing(status: number): boolean {
  return status < 300 ? NO_TILE.test(`${status}`) : status !== 404 && status !== 410;
}

/** An answer that says there is no tile: it has a life of its own and deletes nothing by itself. */
export function isNegative({
  status,
  headers,
  bytes,
}: {
  status: number;
  headers: Headers;
  bytes?: Uint8Array;
}): boolean {
  if (status === 404 || status === 410 || status === 204) return true;
  if (status < 200 || status > 299) return false;
  return bytes ? bytes.byteLength === 0 : headers.get('content-length') === '0';
}

/** An answer that brings a tile. */
export const isTile = (answer: Parameters<typeof isNegative>[0]): boolean =>
  !saysNothing(answer.status) && !isNegative(answer);

/** Stands at a stored answer that hides a good tile, which is kept beside it. Never served. */
export const HIDES_HEADER = 'x-sw-tile-cache-hides';

/** Where the tile is kept that a negative answer hides. */
export const hiddenKey = (key: string) => `${key}~hidden`;
