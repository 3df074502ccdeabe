import type { StoredResponse } from '../http/stored-response';

/** Metadata that a stored response carries besides the origin's headers, so that a decision needs no other read. */
export interface TileMeta {
  /** Epoch milliseconds at which the worker sent the request. */
  requestAt: number;
  /** Epoch milliseconds at which the response's headers arrived. */
  responseAt: number;
  /** Milliseconds by which this device's clock was ahead then, if proven; negative: behind. */
  clockAhead?: number;
  /** The id of the ledger then in force. `epoch`: that ledger's epoch when the worker sent the request. */
  ledger: string;
  epoch: number;
  /** The version that the response, or its versioned URL, is evidence for; '' for none. */
  version: string;
  /** The hash of the request's selecting header fields; '' without Vary. */
  variant: string;
  /** Identifies the variants of one URL that belong together. A new first variant makes the others unreachable. */
  group: string;
  /**
   * The token that the URL carried in the version's place; '' for none, `undefined` if an earlier release stored the
   * tile.
   */
  token?: string;
}

/** A stored tile with the metadata by which the ledger judges it. */
export interface MetaTile extends StoredResponse {
  meta: TileMeta;
}

/** The header that holds the metadata in a stored response. Never served. */
export const META_HEADER = 'x-sw-tile-cache';

export function encodeMeta(meta: TileMeta): string {
  const { requestAt, responseAt, ledger, epoch, version, variant, group, clockAhead, token } = meta;
  const parts = [requestAt, responseAt, ledger, epoch, encodeURIComponent(version), variant, group];
  if (clockAhead || token !== undefined) parts.push(clockAhead || '');
  if (token !== undefined) parts.push(encodeURIComponent(token));
  return parts.join(',');
}

/** Returns `undefined` for a response that this package did not store, or stored in another format. */
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
  // Earlier releases wrote no token.
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
