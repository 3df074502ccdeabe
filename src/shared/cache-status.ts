import type { Refusal, StatusDetail } from './status-detail';

/** The name under which we sign Cache-Status. */
export const CACHE_NAME = 'sw-tile-cache';

/** Why a request went to the origin (RFC 9211 section 2.2). */
export type ForwardReason = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale';

interface CommonStatus {
  /** Seconds of freshness left; negative when stale (RFC 9211 section 2.4). */
  ttl?: number;
  /** More about it (RFC 9211 section 2.8). */
  detail?: StatusDetail | Refusal;
}

/** Answered from the store without asking anybody. */
export interface HitStatus extends CommonStatus {
  hit: true;
}

/** The origin was asked. */
export interface ForwardStatus extends CommonStatus {
  hit?: false;
  /** Absent where nobody was asked: the store alone might have answered, and could not. */
  fwd?: ForwardReason;
  /** The origin's status code, where it differs from what the page gets or explains it (RFC 9211 section 2.3). */
  fwdStatus?: number;
  /** The response was stored. */
  stored?: boolean;
  /** Another request's answer was shared. */
  collapsed?: boolean;
}

/** The content of one member of Cache-Status; `hit` and `fwd` exclude one another (RFC 9211 section 2.1). */
export type CacheStatusEntry = HitStatus | ForwardStatus;

// RFC 8941 section 3.3: a token goes bare, anything else as a string of printable ASCII.
const bareOrQuoted = (text: string) =>
  /^[a-z*][\w:/!#$%&'*+.^`|~-]*$/i.test(text) ? text : `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;

// RFC 8941 section 3.3.1: integers have at most 15 digits.
const integer = (value: number) => Math.max(-999999999999999, Math.min(999999999999999, Math.floor(value)));

/** One member of Cache-Status (RFC 9211 section 2). */
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

/** Ours behind what upstream sent: the list runs from the origin to the user (RFC 9211 section 2). */
export function appendCacheStatus(existing: string | null | undefined, entry: CacheStatusEntry): string {
  const before = existing?.trim();
  return before ? `${before}, ${formatCacheStatus(entry)}` : formatCacheStatus(entry);
}
