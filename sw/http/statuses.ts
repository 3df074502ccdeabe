/** Statuses whose responses have no body (Fetch standard). */
export const NULL_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** Successes without a tile: "not yet", "reset", parts, lists and differences (RFC 9110, 3229, 4918 and 5842). */
const NO_TILE = /^(20[25678]|226)$/;

/**
 * True if a status tells nothing about the tile. A success brings a tile. 404, 410, 204 and a success without a body
 * say that there is none. All other errors ("log in", "not understood", "busy") concern the request or the server, and
 * so does a redirect that leads nowhere.
 */
export function saysNothing(status: number): boolean {
  return status < 300 ? NO_TILE.test(`${status}`) : status !== 404 && status !== 410;
}

/** True for an answer that says there is no tile. It has its own lifetime and deletes no stored tile. */
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

/** True for an answer that brings a tile. */
export const isTile = (answer: Parameters<typeof isNegative>[0]): boolean =>
  !saysNothing(answer.status) && !isNegative(answer);

/** Marks a stored negative answer that hides a good tile, which the store keeps beside it. Never served. */
export const HIDES_HEADER = 'x-sw-tile-cache-hides';

/** The key of the good tile that a negative answer hides. */
export const hiddenKey = (key: string) => `${key}~hidden`;
