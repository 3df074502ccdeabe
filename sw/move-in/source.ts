import { TileCacheError } from '../../src/shared/errors';
import type { MoveInCommand } from '../../src/shared/move-in';
import type { Timers } from '../util/deadline';

/** A tile as another program has stored it. */
export interface OldTile {
  /** The map's request for the tile, with the query that the old store left out. */
  request: Request;
  status: number;
  headers: Headers;
  type: ResponseType;
  /** Reads the body. Rejects if that fails. */
  body: () => Promise<ArrayBuffer>;
  /** Epoch milliseconds at which the old store certainly had the tile. It may have had it earlier. */
  seenAt: number | undefined;
}

/** The store of another program. Every method rejects if the browser does, or if it does not answer in time. */
export interface Source {
  /** The name of the store. It contains no secret. */
  readonly name: string;
  /** Lists the ids of all entries. Rejects with `INVALID_OPTION` if the store does not exist. */
  list(): Promise<string[]>;
  /** Returns the URL that a map requests for an entry, as far as its id tells. Throws if the id is no URL. */
  url(id: string): string;
  /** Reads an entry. Resolves with `undefined` if it is gone or has an unknown form. */
  read(id: string): Promise<OldTile | undefined>;
  remove(id: string): Promise<void>;
}

export interface SourceTools {
  caches: CacheStorage;
  timers: Timers;
  /** The worker's own origin. */
  origin: string;
}

/** Milliseconds after which the worker gives up on an answer of the old store. */
export const READ_MS = 5000;

/** The errors of a browser that cannot read one entry: its file is gone or damaged, or its URL is none. */
const OF_ONE_ENTRY: readonly unknown[] = [
  'NotReadableError',
  'NotFoundError',
  'DataError',
  'EncodingError',
  'TypeError',
];

/**
 * Reads an entry. Resolves with `undefined` if it is gone, damaged or of an unknown form, so that it does not stop the
 * move of the others. Rejects if the whole store fails.
 */
export const readEntry = (source: Pick<Source, 'read'>, id: string): Promise<OldTile | undefined> =>
  source.read(id).catch((error: unknown) => {
    if (!OF_ONE_ENTRY.includes((error as Error | undefined)?.name)) throw error;
    return undefined;
  });

/**
 * Returns the URL that a map requests for a stored one, with the query that the old store left out. Throws if that
 * is no URL.
 */
export function urlFor(
  url: string,
  { query = '', base }: Pick<MoveInCommand, 'query' | 'base'>,
  origin: string,
): string {
  const whole = new URL(url, base ?? origin);
  whole.hash = '';
  const known = whole.searchParams;
  const added = query.split('&').filter((part) => part !== '' && !known.has(nameOf(part)));
  return whole.href + (added.length ? (whole.search ? '&' : '?') + added.join('&') : '');
}

const nameOf = (part: string) => new URLSearchParams(part).keys().next().value ?? '';

/** Throws the error about a store that does not exist; the remedy lists the ones that do. */
export function missing(field: string, what: string, known: readonly string[]): never {
  const listed = known.slice(0, 20).join(', ');
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field,
    message: `${field}: this origin has no ${what}.`,
    remedy: known.length ? `There are ${listed}.` : 'Nothing is stored there, so there is nothing to move.',
  });
}
