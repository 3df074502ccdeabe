import { differs, type Followed, hasLostLabel, isAnew, isOldAgain, unlabelledAsBefore } from './anew';
import { statusFromHeaders } from './edge-status';
import { isGone, isThere, secretly, see, type Sight, wrongType } from './sight';
import type { VerifyEffects, VerifyOptions } from './verify-types';

const FIRST_PAUSE = 0.05;
const LONGEST_PAUSE = 0.25;
/** Answers that must confirm a right one, because several caches may share one address and answer in turns. */
const CONFIRMATIONS = 2;

/** The result of a sample that shows nothing wrong. */
export interface End {
  freshAt: number;
  saw: string;
  proven: boolean;
}

/** Returns when and how the edge first answered anew, or why it never did. */
export async function follow(
  url: string,
  task: Followed,
  endsAt: number,
  options: VerifyOptions,
  { fetch, now, sleep }: VerifyEffects,
): Promise<End | string> {
  const { old, was, purgeAgain } = task;
  const { timeout = 30 } = options;
  const seen = { freshAt: undefined as number | undefined, missed: false };
  const ask = () =>
    see((signal) => fetch(url, { ...secretly(options.headers), signal }), options.edgeStatus ?? statusFromHeaders);
  let waited = 0;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    const round = purgeAgain?.round() ?? 0;
    const sight = await ask();
    if (sight && isRefilled(sight, task, now()) && (await purgeAgain?.run(round, endsAt))) continue;
    let why: string | undefined = 'no answer';
    if (sight && sight.status < 500) {
      const { label, cache } = sight;
      seen.missed ||= cache === 'miss';
      const storedAt = now() - (sight.age + 1) * 1000;
      const isNew = isAnew({ status: cache, label, storedAt, differs: differs(sight, task) }, task);
      if (isNew) seen.freshAt ??= now();
      why = old ? undefined : wrongNow(sight, task, options);
      const end = why === undefined ? endOf(sight, seen, task, now()) : undefined;
      if (end && (old || !(await isDisputed(sight, task, ask)))) return end;
      if (end) why = 'several caches of the edge answer in turn, and one still has the old tile';
      if (!old && why === undefined && unlabelledAsBefore(sight, was) && (seen.missed ? cache === 'hit' : !cache))
        return { freshAt: now(), saw: 'nothing distinguishes the tile from the previous one', proven: false };
    }
    const last = sight
      ? `${sight.status}, edge ${sight.cache ?? 'unknown'}, version ${sight.label ?? 'none'}`
      : 'no answer';
    // Also count the pauses alone, because the clock may be set back.
    if (now() + pause * 1000 > endsAt || waited > timeout) {
      if (why !== undefined && why !== 'no answer') return `${why} (${last})`;
      if (seen.freshAt !== undefined) return `never a HIT (${last})`;
      return `the old tile is still there (${last})`;
    }
    waited += pause;
    await sleep(pause);
  }
}

/**
 * Returns whether the edge fetched the old tile again after the purge, from the origin or from a cache on the way to
 * it.
 */
function isRefilled(
  { status, label, cache, age }: Sight,
  { old, version, purgeAgain }: Followed,
  now: number,
): boolean {
  if (!purgeAgain || old || status !== 200 || label === undefined || label === version) return false;
  // Ages are in whole seconds. Count a tile that may have been stored after the purge: an extra purge does no harm.
  return cache === 'miss' || (cache === 'hit' && now - age * 1000 >= purgeAgain.at());
}

/** Returns the reason why the edge must not answer like this, if there is one. */
function wrongNow(sight: Sight, { was, atOrigin }: Followed, { allowGone }: VerifyOptions): string | undefined {
  if (isGone(was, sight) && !allowGone)
    return `the tile existed before, and is now ${isThere(sight) ? 'empty' : `gone (${sight.status})`}; set allowGone if the data shrink`;
  if (hasLostLabel(sight, was)) return 'the tile had a version label before, and the answer has none';
  return wrongType(sight, atOrigin ?? was);
}

/** Returns whether another cache of the edge still has the old tile. */
async function isDisputed(right: Sight, task: Followed, ask: () => Promise<Sight | undefined>): Promise<boolean> {
  for (let i = 0; i < CONFIRMATIONS; i++) {
    const sight = await ask();
    if (sight && sight.status < 500 && isOldAgain(sight, right, task)) return true;
  }
  return false;
}

/** Returns the result, if the answer ends the search. */
function endOf(
  sight: Sight,
  { freshAt, missed }: { freshAt: number | undefined; missed: boolean },
  { version, old, was, before }: Followed,
  at: number,
): End | undefined {
  const { label, cache } = sight;
  // There was no tile before and there is none now: this proves nothing, and waiting does not help.
  if (!old && !isThere(sight) && !isThere(was)) return { freshAt: at, saw: `no tile (${sight.status})`, proven: false };
  if (freshAt === undefined) return undefined;
  // If the edge does not report its status, the right version is enough.
  if (!old && ((label ?? version) !== version || (cache === 'miss' && isThere(sight) && keeps(was)))) return undefined;
  // A tile that the edge did not have before the purge proves nothing about the purge.
  const cold = before !== undefined && isThere(was) && was.cache === 'miss';
  const saw =
    cache === undefined ? 'labels right, no cache seen' : missed ? 'MISS, then HIT' : 'HIT of the new version';
  if (cold) return { freshAt, saw: 'the edge stores no such tile', proven: false };
  return { freshAt, saw: isThere(sight) ? saw : 'gone, as allowed', proven: true };
}

/** Returns whether the edge stores the tile, as far as known. */
function keeps(was: Sight | undefined): boolean {
  return was === undefined || was.cache !== 'miss';
}
