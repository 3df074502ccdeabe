import { isVersion } from '../../src/shared/validate';

/** The facts that an answer tells about its file. Empty and undefined fields: not told, or hidden by CORS. */
export interface Told {
  etag: string;
  modified: string;
  /** Bytes of the whole file. */
  length: number | undefined;
}

/** One state of a file. */
export interface Edition extends Told {
  /** The layer's version. */
  version: string;
  /** Digest of the file's beginning: the substitute if the host tells neither ETag nor Last-Modified. */
  mark: string;
  /** True if the host sends another ETag with each answer, so that its ETag says nothing. */
  unsteady?: boolean;
  /** True if the host tells a smaller length than the file has, so that its length says nothing. */
  shortened?: boolean;
}

const weakly = (etag: string) => etag.replace(/^W\//, '');

/**
 * Tells whether two answers describe the same bytes; undefined if that cannot be told. An ETag decides (RFC 9110
 * section 8.8.3), compared weakly: hosts that mark a file's tag as weak mean the coding, and here nothing is coded.
 * Without an ETag, the date and the length decide.
 */
export function isSame(a: Told, b: Told): boolean | undefined {
  if (a.etag && b.etag) return weakly(a.etag) === weakly(b.etag);
  if (a.length !== undefined && b.length !== undefined && a.length !== b.length) return false;
  return a.modified && b.modified ? a.modified === b.modified : undefined;
}

/** True if two states differ only in the ETag, as far as the host and the file's beginning tell. */
export const differsByTagOnly = (a: Edition, b: Edition): boolean =>
  a.etag !== '' &&
  b.etag !== '' &&
  weakly(a.etag) !== weakly(b.etag) &&
  a.mark === b.mark &&
  a.length === b.length &&
  a.modified === b.modified;

/** Resolves with the version's name: the ETag, else date and length, else a digest of the file's beginning (`mark`). */
export async function nameEdition(told: Told, mark: string, hash: (text: string) => Promise<string>): Promise<string> {
  const { etag, modified, length } = told;
  // Some hosts send their tag without its quotes (RFC 9110 section 8.8.3).
  const tag = /^"(.+)"$/.exec(weakly(etag))?.[1] ?? weakly(etag).replace(/"/g, '');
  if (tag !== '') return isVersion(tag) ? tag : hash(tag);
  const at = Date.parse(modified);
  if (!Number.isNaN(at)) return `${(at / 1000).toString(36)}-${length?.toString(36) ?? mark.slice(0, 8)}`;
  return mark;
}
