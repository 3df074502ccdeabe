import { TileCacheError } from '../../src/shared/errors';
import type { MoveInCommand } from '../../src/shared/move-in';
import type { Timers } from '../util/deadline';

/** A tile as something else has stored it. */
export interface OldTile {
  /** As it was asked for, with what the old store has left out. */
  request: Request;
  status: number;
  headers: Headers;
  type: ResponseType;
  /** The body, or a rejection. */
  body: () => Promise<ArrayBuffer>;
  /** Epoch milliseconds: it was here at this time, and may have been before. */
  seenAt: number | undefined;
}

/** An old store. Every method rejects when the browser does, or does not answer in time. */
export interface Source {
  /** Names the store; no part of it is a secret. */
  readonly name: string;
  /** What it holds. Rejects with `INVALID_OPTION` where there is no such store. */
  list(): Promise<string[]>;
  /** Undefined for what is gone, or has no form that is known. */
  read(id: string): Promise<OldTile | undefined>;
  remove(id: string): Promise<void>;
}

export interface SourceTools {
  caches: CacheStorage;
  timers: Timers;
  /** The worker's own origin. */
  origin: string;
}

/** Milliseconds that an old store may take for an answer. */
export const READ_MS = 5000;

/** The request that a map makes for a stored URL. */
export function requestFor(
  url: string,
  { query = '', base }: Pick<MoveInCommand, 'query' | 'base'>,
  origin: string,
  headers?: Headers,
): Request {
  const whole = new URL(url, base ?? origin);
  whole.hash = '';
  const known = whole.searchParams;
  const added = query.split('&').filter((part) => part !== '' && !known.has(nameOf(part)));
  const href = whole.href + (added.length ? (whole.search ? '&' : '?') + added.join('&') : '');
  return new Request(href, headers && { headers });
}

const nameOf = (part: string) => new URLSearchParams(part).keys().next().value ?? '';

/** There is no such store. */
export function missing(field: string, what: string, known: readonly string[]): never {
  const listed = known.slice(0, 20).join(', ');
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field,
    message: `${field}: this origin has no ${what}.`,
    remedy: known.length ? `There are ${listed}.` : 'Nothing is stored there, so there is nothing to move.',
  });
}
