import type { Refusal, StatusDetail } from './status-detail';

/** Our name in `Cache-Status`. */
export const CACHE_NAME = 'sw-tile-cache';

/** Why a request went to the origin (RFC 9211 section 2.2). */
export type ForwardReason = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale';

interface CommonStatus {
  /** Seconds of freshness left; negative if the response is stale (RFC 9211 section 2.4). */
  ttl?: number;
  /** Details (RFC 9211 section 2.8). */
  detail?: StatusDetail | Refusal;
}

/** The cache answered without a request to the origin. */
export interface HitStatus extends CommonStatus {
  hit: true;
}

/** The cache sent a request to the origin, or would have had to. */
export interface ForwardStatus extends CommonStatus {
  hit?: false;
  /** Absent if no request was sent: only the store might have answered, and it could not. */
  fwd?: ForwardReason;
  /** The origin's status code, if it differs from the page's or explains it (RFC 9211 section 2.3). */
  fwdStatus?: number;
  /** True if the response was stored. */
  stored?: boolean;
  /** True if the request shared the response to another request. */
  collapsed?: boolean;
}

/** The content of one member of `Cache-Status`. `hit` and `fwd` exclude each other (RFC 9211 section 2.1). */
export type CacheStatusEntry = HitStatus | ForwardStatus;

// Write tokens bare, and everything else as a string of printable ASCII (RFC 8941 section 3.3).
const bareOrQuoted = (text: string) =>
  /^[a-z*][\w:/!#$%&'*+.^`|~-]*$/i.test(text) ? text : `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;

// Integers have at most 15 digits (RFC 8941 section 3.3.1).
const integer = (value: number) => Math.max(-999999999999999, Math.min(999999999999999, Math.floor(value)));

/** Formats one member of `Cache-Status` (RFC 9211 section 2). */
export function formatCacheStatus(entry: CacheStatusEntry): string {
  const { ttl, detail } = entry;
  let text = CACHE_NAME;
  if (entry.hit) text += '; hit';
  else {
    if (entry.fwd) text += `; fwd=${entry.fwd}`;
    if (entry.fwdStatus) text += `; fwd-status=${integer(entry.fwdStatus)}`;
  }
  if (ttl === ttl && ttl !== undefined) text += `; ttl=${integer(ttl)}`;
  if (!entry.hit) {
    if (entry.stored) text += '; stored';
    if (entry.collapsed) text += '; collapsed';
  }
  return detail ? `${text}; detail=${bareOrQuoted(detail)}` : text;
}

/**
 * Appends our member to those of the caches before us: the list runs from the origin to the user (RFC 9211 section 2).
 */
export function appendCacheStatus(existing: string | null | undefined, entry: CacheStatusEntry): string {
  const before = existing?.trim();
  return before ? `${before}, ${formatCacheStatus(entry)}` : formatCacheStatus(entry);
}
