import { readUpTo } from '../http/read-up-to';

/** The properties of one answer for a tile, at the edge or at the origin. */
export interface Sight {
  status: number;
  label: string | undefined;
  etag: string | undefined;
  /** The media type without parameters. */
  type: string;
  /** A digest of the body. */
  digest: string;
  bytes: number;
  cache: 'hit' | 'miss' | undefined;
  /** The age in seconds; NaN if unknown. */
  age: number;
  tags: readonly string[];
}

const TAG_HEADERS = ['cache-tag', 'edge-cache-tag', 'surrogate-key', 'xkey'];

/**
 * Returns the options of a request with headers that grant access. It does not follow redirects, so that only the edge
 * gets them.
 */
export const secretly = (headers: Record<string, string> | undefined): RequestInit =>
  headers ? { headers, redirect: 'manual' } : {};

/** Seconds that one answer may take. */
const PATIENCE = 10;
/** Bytes that a tile may have, so that an endless answer is refused. */
const MOST_BYTES = 33_554_432;

/** Requests a tile once. Resolves with `undefined` if there is no complete answer. */
export async function see(
  ask: (signal: AbortSignal) => Promise<Response | undefined>,
  cacheOf: (response: Response) => Sight['cache'],
): Promise<Sight | undefined> {
  try {
    const response = await ask(AbortSignal.timeout(PATIENCE * 1000));
    if (!response) return undefined;
    const { body, cut } = await readUpTo(response, MOST_BYTES);
    if (cut) return undefined;
    const { headers, status } = response;
    const length = headers.get('content-length');
    // A body shorter than announced is incomplete (RFC 9112 section 8).
    if (length !== null && !headers.has('content-encoding') && Number(length) !== body.byteLength) return undefined;
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
    return {
      status,
      label: headers.get('x-tile-version') ?? undefined,
      etag: headers.get('etag') ?? undefined,
      type: (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase(),
      digest: Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(''),
      bytes: body.byteLength,
      cache: cacheOf(response),
      age: Number(headers.get('age') ?? NaN),
      tags: TAG_HEADERS.flatMap((name) => (headers.get(name) ?? '').split(/[\s,]+/).filter(Boolean)),
    };
  } catch {
    return undefined;
  }
}

/** Returns whether there is a tile. 204 and errors mean that there is none. */
export function isThere<T extends Sight>(sight: T | undefined): sight is T & { status: 200 } {
  return sight?.status === 200;
}

/** Returns whether a tile that existed is now gone or empty. */
export function isGone(before: Sight | undefined, now: Sight): boolean {
  return isThere(before) && (!isThere(now) || (before.bytes > 0 && now.bytes === 0));
}

/** Returns the reason why the answer cannot be the tile, or `undefined`. */
export function wrongType(now: Sight, like: Sight | undefined): string | undefined {
  if (!isThere(now)) return undefined;
  if (now.type === 'text/html') return 'a page (text/html), not a tile';
  if (isThere(like) && like.type && now.type && now.type !== like.type) return `${now.type}, not ${like.type}`;
  return undefined;
}
