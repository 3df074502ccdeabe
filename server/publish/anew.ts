import { isThere, type Sight } from './sight';
import type { VerifyTask } from './verify-types';

/** One URL that the check follows. */
export interface Followed extends VerifyTask {
  /** Whether the URL is the previous version's. */
  old: boolean;
  was: Sight | undefined;
  atOrigin: Sight | undefined;
}

/** Returns an ETag without the changes of a compressing hop, `W/` and `-gzip`, which say nothing about the tile. */
const bareTag = (etag: string): string => etag.replace(/^W\//, '').replace(/[-;](gzip|br|zstd|deflate)"$/, '"');

/** Returns whether the answer itself differs from the one before the purge. */
export function differs(sight: Sight, { was }: Followed): boolean | undefined {
  if (!was) return undefined;
  if (sight.digest !== was.digest) return true;
  return sight.etag !== undefined && was.etag !== undefined && bareTag(sight.etag) !== bareTag(was.etag);
}

/**
 * Returns whether the answer has lost its version label: it is an error's picture, a placeholder, or from another
 * server.
 */
export const hasLostLabel = (sight: Sight, was: Sight | undefined): boolean =>
  isThere(sight) && sight.label === undefined && isThere(was) && was.label !== undefined;

/**
 * Returns whether an answer after a right one is the old tile again: one of several caches of the edge still has it.
 */
export function isOldAgain(sight: Sight, right: Sight, { version, was }: Followed): boolean {
  if (sight.label !== undefined) return sight.label !== version;
  return isThere(was) && sight.digest === was.digest && right.digest !== was.digest;
}

/** Returns whether nothing distinguishes the answer from the one before the purge. */
export const unlabelledAsBefore = (sight: Sight, was: Sight | undefined) =>
  isThere(sight) && sight.label === undefined && isThere(was) && sight.digest === was.digest;

interface Answer {
  status: 'hit' | 'miss' | undefined;
  label: string | undefined;
  /** Earliest time at which the edge can have stored it; NaN if the edge sends no age. */
  storedAt: number;
  /** Whether its bytes or ETag differ from before; `undefined` if there is nothing to compare. */
  differs: boolean | undefined;
}

/** Returns whether the answer cannot be the one that the edge had before the purge. */
export function isAnew(
  { status, label, storedAt, differs }: Answer,
  { version, previous, purgedAt, old }: VerifyTask & { old: boolean },
): boolean {
  if (old) return label === version || status === 'miss' || (label === undefined && status === undefined);
  // The version, and so the label, was the same before: only the edge's own status can tell.
  if (previous === version) return differs === true || status === 'miss' || (status === 'hit' && storedAt >= purgedAt);
  // Somebody else may have fetched the tile already, so the new version's label proves as much as a MISS. A MISS alone
  // proves the purge, but not the version: without a label, the bytes must have changed.
  return label === version || (label === undefined && (differs ?? status === 'miss'));
}
