import { credentialsIn } from '../http/credentials';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Tile } from '../store/tile-store';

/** Fields that decide or help, and in which nobody puts a secret. */
const SHOWN = [
  'age',
  'cache-control',
  'cache-status',
  'cf-cache-status',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
  'x-cache',
];
/** Of Cache-Status (RFC 9211 section 2.7): another cache's key, which may be the whole URL. */
const KEYS = /;\s*key=("(?:[^"\\]|\\.)*"|[^;,]*)/gi;
const MAX_VALUE = 500;

/** Fields of a stored response that may be shown. */
export function shownHeaders({ headers, meta }: Tile, versionHeader: string): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const name of SHOWN) {
    const value = headers.get(name);
    if (value !== null) shown[name] = value.replace(KEYS, '').slice(0, MAX_VALUE);
  }
  const version = headers.get(versionHeader);
  if (version !== null && version === meta.version) shown[versionHeader.toLowerCase()] = version;
  return shown;
}

/** Shorter ones are words that stand anywhere. */
const SHORTEST = 4;

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    return value;
  }
}

/** The secrets of a request as they may come back in an answer. */
export function secretsOf({ secrets, hidden }: TileAddress, url: string, headers: Headers): string[] {
  const parts = [secrets, hidden].flatMap((text) => text.split('&')).map((pair) => pair.slice(pair.indexOf('=') + 1));
  const { username, password } = new URL(url);
  const given = credentialsIn(headers)
    .split('\n')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  // Of `Bearer …`, what bears as well.
  const all = [...parts, username, password, ...given, ...given.map((value) => value.split(/\s+/).at(-1)!)];
  const forms = all.flatMap((value) => [value, decoded(value), encodeURIComponent(decoded(value))]);
  // The longest first: one may be part of another.
  return [...new Set(forms)].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** A copy without these texts, wherever they stand: an origin may send back what it was sent. */
export function without<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === 'string')
    return secrets.reduce<string>((text, secret) => text.replaceAll(secret, '…'), value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => without(each, secrets)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, without(each, secrets)])) as T;
}
