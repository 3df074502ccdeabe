import type { StoredResponse } from '../http/stored-response';

/** What a body carries besides the origin's headers, so that a later decision needs no other read. */
export interface TileMeta {
  /** Epoch milliseconds: the request that brought it was sent. */
  requestAt: number;
  /** Epoch milliseconds: its response head arrived. */
  responseAt: number;
  /** Milliseconds by which this device's clock was ahead then, where that was proven; negative: behind. */
  clockAhead?: number;
  /** The ledger that was in force, and its epoch when the request was sent. */
  ledger: string;
  epoch: number;
  /** The version that the response, or its versioned URL, is evidence for; '' for none. */
  version: string;
  /** Hash of the selecting header fields of the request; '' without Vary. */
  variant: string;
  /** Names the variants of one URL that belong together; a new first one makes the others unreachable. */
  group: string;
  /** What the URL carried in the version's place, '' for nothing; undefined where an earlier release stored the tile. */
  token?: string;
}

/** A stored tile with what the ledger needs to judge it. */
export interface MetaTile extends StoredResponse {
  meta: TileMeta;
}

/** The one header of ours in a stored response. Never served. */
export const META_HEADER = 'x-sw-tile-cache';

export function encodeMeta(meta: TileMeta): string {
  const { requestAt, responseAt, ledger, epoch, version, variant, group, clockAhead, token } = meta;
  const parts = [requestAt, responseAt, ledger, epoch, encodeURIComponent(version), variant, group];
  if (clockAhead || token !== undefined) parts.push(clockAhead || '');
  if (token !== undefined) parts.push(encodeURIComponent(token));
  return parts.join(',');
}

/** Undefined for a response that this package did not store, or another format of it. */
export function decodeMeta(value: string | null): TileMeta | undefined {
  const parts = value?.split(',');
  if (!parts || parts.length < FIELDS) return undefined;
  const [requestAt, responseAt, ledger, epoch, version, variant, group] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  // Earlier releases wrote none.
  const token = parts[FIELDS + 1];
  return {
    requestAt: Number(requestAt),
    responseAt: Number(responseAt),
    ledger,
    epoch: Number(epoch),
    version: decodeURIComponent(version),
    variant,
    group,
    ...(parts[FIELDS] && { clockAhead: Number(parts[FIELDS]) }),
    ...(token !== undefined && { token: decodeURIComponent(token) }),
  };
}

const FIELDS = 7;
