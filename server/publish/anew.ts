import { isThere, type Sight } from './sight';
import type { VerifyTask } from './verify-types';

/** One URL of the check. */
export interface Followed extends VerifyTask {
  /** The URL is the previous version's. */
  old: boolean;
  was: Sight | undefined;
  atOrigin: Sight | undefined;
}

/** An ETag without what a compressing hop makes of it: `W/` and `-gzip` say nothing of the tile. */
const bareTag = (etag: string): string => etag.replace(/^W\//, '').replace(/[-;](gzip|br|zstd|deflate)"$/, '"');

/** Something in the answer itself differs from what lay there before. */
export function differs(sight: Sight, { was }: Followed): boolean | undefined {
  if (!was) return undefined;
  if (sight.digest !== was.digest) return true;
  return sight.etag !== undefined && was.etag !== undefined && bareTag(sight.etag) !== bareTag(was.etag);
}

/** It bore a version before and bears none now: an error's picture, a placeholder, another server's answer. */
export const hasLostLabel = (sight: Sight, was: Sight | undefined): boolean =>
  isThere(sight) && sight.label === undefined && isThere(was) && was.label !== undefined;

/** One more answer, behind one that was right, is the old tile: the edge is several caches, and one of them still has it. */
export function isOldAgain(sight: Sight, right: Sight, { version, was }: Followed): boolean {
  if (sight.label !== undefined) return sight.label !== version;
  return isThere(was) && sight.digest === was.digest && right.digest !== was.digest;
}

/** Nothing in it tells it from what lay there before. */
export const unlabelledAsBefore = (sight: Sight, was: Sight | undefined) =>
  isThere(sight) && sight.label === undefined && isThere(was) && sight.digest === was.digest;

interface Answer {
  status: 'hit' | 'miss' | undefined;
  label: string | undefined;
  /** Not stored before this instant; NaN where the edge tells no age. */
  storedAt: number;
  /** Its bytes or its ETag differ from before; `undefined`: nobody looked. */
  differs: boolean | undefined;
}

/** The answer cannot be what lay at the edge before the purge. */
export function isAnew(
  { status, label, storedAt, differs }: Answer,
  { version, previous, purgedAt, old }: VerifyTask & { old: boolean },
): boolean {
  if (old) return label === version || status === 'miss' || (label === undefined && status === undefined);
  // The label was right before: only the edge itself can tell.
  if (previous === version) return differs === true || status === 'miss' || (status === 'hit' && storedAt >= purgedAt);
  // Someone else may have fetched the tile anew already: the new version proves as much as a MISS.
  // A MISS alone tells the purge, not the version: without a label the bytes must have changed.
  return label === version || (label === undefined && (differs ?? status === 'miss'));
}
