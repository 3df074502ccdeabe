import { credentialsIn } from '../http/credentials';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Tile } from '../store/tile-store';

/** Fields that affect decisions or help to debug, and that hold no secrets. */
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
/** The `key` parameter of Cache-Status (RFC 9211 section 2.7): another cache's key, which may be the whole URL. */
const KEYS = /;\s*key=("(?:[^"\\]|\\.)*"|[^;,]*)/gi;
const MAX_VALUE = 500;

/** The fields of a stored response that are safe to show. */
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

/** The minimum length of a secret in characters. Shorter texts are words that occur anywhere. */
const SHORTEST = 4;

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    return value;
  }
}

/** The secrets of a request in the forms in which an answer may repeat them. */
export function secretsOf({ secrets, hidden }: TileAddress, url: string, headers: Headers): string[] {
  const parts = [secrets, hidden].flatMap((text) => text.split('&')).map((pair) => pair.slice(pair.indexOf('=') + 1));
  const { username, password } = new URL(url);
  const given = credentialsIn(headers)
    .split('\n')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  // For `Bearer …`, include the token alone as well.
  const all = [...parts, username, password, ...given, ...given.map((value) => value.split(/\s+/).at(-1)!)];
  const forms = all.flatMap((value) => [value, decoded(value), encodeURIComponent(decoded(value))]);
  // Longest first, because one secret may be part of another.
  return [...new Set(forms)].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** Copies a value and replaces these texts anywhere in it: an origin may echo the secrets that it received. */
export function without<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === 'string')
    return secrets.reduce<string>((text, secret) => text.replaceAll(secret, '…'), value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => without(each, secrets)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, without(each, secrets)])) as T;
}
