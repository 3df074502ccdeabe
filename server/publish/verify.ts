import type { TileId } from '../../src/shared/tile';
import type { Sample } from './look';
import type { EdgeLayer } from './plan';
import { isVersioned, tileUrl } from './edge-layer';
import type { Sight } from './sight';
import { isGone, isThere, see, wrongType } from './sight';

/** Options of the check that follows a publication. */
export interface VerifyOptions {
  /** Tiles that are asked for. @default 3 */
  samples?: number;
  /** Seconds from the start of the purge until the edge must have let go of every sample; longer fails the step. @default no limit */
  limit?: number;
  /** Seconds after which the check gives up; the announcement waits no longer for it. @default 30 */
  timeout?: number;
  /** What the edge's response says of itself. @default reads CF-Cache-Status, X-Cache-Status, X-Cache and Cache-Status */
  edgeStatus?: (response: Response) => 'hit' | 'miss' | undefined;
  /** Sent along, for an edge that lets nobody else in. */
  headers?: Record<string, string>;
  /** Takes what cannot be proven (no sample exists, the edge keeps none, nothing tells versions apart) for good; the step says `unproven`. @default false */
  allowUnproven?: boolean;
  /** Takes tiles that were there before and are no more for good: the data shrinks. @default false */
  allowGone?: boolean;
}

/** What the check saw. */
export interface VerifyResult {
  /** The edge answers with the version. */
  ok: boolean;
  /** How many tiles were looked at. */
  samples: number;
  /** Seconds from the start of the purge until the last sample came from the origin anew. */
  purgeLatency?: number;
  /** What was seen, for people. */
  detail: string;
  /** Nothing wrong was seen, and nothing was proven. */
  unproven?: true;
}

/** What is passed in. */
export interface VerifyEffects {
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
}

const FIRST_PAUSE = 0.05;
const LONGEST_PAUSE = 0.25;

/** What is looked for. */
export interface VerifyTask {
  layer: string;
  edge: EdgeLayer;
  tiles: readonly TileId[];
  version: string;
  /** The version that tiles bore before; the same one where a further part of it was published. */
  previous?: string | undefined;
  /** Epoch milliseconds. */
  purgedAt: number;
  /** How each of `tiles` lay at the edge before the purge. */
  before?: ReadonlyArray<Sample['before']>;
  /** What the origin had for each of `tiles` before the purge. */
  origin?: ReadonlyArray<Sight | undefined>;
}

/**
 * Asks the edge for each sample until it answers with a MISS (or already with the new version), then with a HIT of the new version.
 * A versioned URL of the new version never lay at the edge: there the previous version's URL is asked for too, it must be gone.
 */
export async function verifyEdge(
  task: VerifyTask,
  options: VerifyOptions,
  effects: VerifyEffects,
): Promise<VerifyResult> {
  const { edge, tiles, version, previous, purgedAt } = task;
  const { limit = Infinity, timeout = 30 } = options;
  const samples = tiles.length;
  if (samples === 0)
    return { ok: false, samples, detail: 'nothing was asked for: no sample, or none of the zooms exists at the edge' };
  const endsAt = effects.now() + timeout * 1000;
  const old = isVersioned(edge) && previous !== undefined && previous !== version ? previous : undefined;
  const urls = [version, ...(old === undefined ? [] : [old])].flatMap((each) =>
    tiles.map((tile) => tileUrl(edge, task.layer, tile, each)),
  );
  const seen = await Promise.all(
    urls.map((url, i) => {
      const [before, origin] = i < samples ? [task.before?.[i], task.origin?.[i]] : [undefined, undefined];
      return follow(url, { ...task, old: i >= samples, was: before, atOrigin: origin }, endsAt, options, effects);
    }),
  );
  const failed = seen.findIndex((result) => typeof result === 'string');
  if (failed >= 0) return { ok: false, samples, detail: `${urls[failed]}: ${seen[failed] as string}` };
  const ends = seen as End[];
  const purgeLatency = Math.max(0, ...ends.map(({ freshAt }) => (freshAt - purgedAt) / 1000));
  if (purgeLatency > limit) {
    return {
      ok: false,
      samples,
      purgeLatency,
      detail: `the purge took ${purgeLatency.toFixed(3)} s, the limit is ${limit} s`,
    };
  }
  const gone = old === undefined ? '' : `; the samples of ${old} are gone`;
  const detail = `${summary(ends.slice(0, samples))}${gone}`;
  // One sample that proves the purge is enough: that others are not there is no contradiction.
  if (ends.slice(0, samples).some(({ proven }) => proven)) return { ok: true, samples, purgeLatency, detail };
  const remedy = options.allowUnproven
    ? ''
    : '. Name tiles inside the data (edge.samples or edge.bounds), or set allowUnproven';
  return { ok: options.allowUnproven ?? false, samples, unproven: true, detail: `unproven: ${detail}${remedy}` };
}

/** How a sample ended that shows nothing wrong. */
interface End {
  freshAt: number;
  saw: string;
  proven: boolean;
}

function summary(ends: End[]): string {
  const counts = new Map<string, number>();
  for (const { saw } of ends) counts.set(saw, (counts.get(saw) ?? 0) + 1);
  return [...counts]
    .map(([saw, count]) => `${count === ends.length ? 'every sample' : `${count} of ${ends.length}`}: ${saw}`)
    .join('; ');
}

/** One URL of the check. */
interface Followed extends VerifyTask {
  /** The URL is the previous version's. */
  old: boolean;
  was: Sight | undefined;
  atOrigin: Sight | undefined;
}

/** When the edge first answered anew and how, or why it never did. */
async function follow(
  url: string,
  task: Followed,
  endsAt: number,
  options: VerifyOptions,
  { fetch, now, sleep }: VerifyEffects,
): Promise<End | string> {
  const { old, was } = task;
  const seen = { freshAt: undefined as number | undefined, missed: false };
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    const sight = await see(
      (signal) => fetch(url, { ...(options.headers && { headers: options.headers }), signal }),
      options.edgeStatus ?? statusFromHeaders,
    );
    let why: string | undefined = 'no answer';
    if (sight && sight.status < 500) {
      const { label, cache } = sight;
      seen.missed ||= cache === 'miss';
      const storedAt = now() - (sight.age + 1) * 1000;
      const isNew = isAnew({ status: cache, label, storedAt, differs: differs(sight, task) }, task);
      if (isNew) seen.freshAt ??= now();
      why = old ? undefined : wrongNow(sight, task, options);
      const end = why === undefined ? endOf(sight, seen, task, now()) : undefined;
      if (end) return end;
      if (!old && why === undefined && unlabelledAsBefore(sight, was) && (seen.missed ? cache === 'hit' : !cache))
        return { freshAt: now(), saw: 'nothing tells the tile from the one before', proven: false };
    }
    const last = sight
      ? `${sight.status}, edge ${sight.cache ?? 'unknown'}, version ${sight.label ?? 'none'}`
      : 'no answer';
    if (now() + pause * 1000 > endsAt) {
      if (why !== undefined && why !== 'no answer') return `${why} (${last})`;
      if (seen.freshAt !== undefined) return `never a HIT (${last})`;
      return `the old tile is still there (${last})`;
    }
    await sleep(pause);
  }
}

/** What the edge must not answer with. */
function wrongNow(sight: Sight, { was, atOrigin }: Followed, { allowGone }: VerifyOptions): string | undefined {
  if (isGone(was, sight) && !allowGone)
    return `the tile was there before and is gone, ${isThere(sight) ? 'it is empty' : sight.status}; allowGone where the data shrinks`;
  return wrongType(sight, atOrigin ?? was);
}

/** The end of the search, where this answer is one. */
function endOf(
  sight: Sight,
  { freshAt, missed }: { freshAt: number | undefined; missed: boolean },
  { version, old, was, before }: Followed,
  at: number,
): End | undefined {
  const { label, cache } = sight;
  // There was no tile and there is none: nothing to wait for, and nothing that it proves.
  if (!old && !isThere(sight) && !isThere(was)) return { freshAt: at, saw: `no tile (${sight.status})`, proven: false };
  if (freshAt === undefined) return undefined;
  // An edge that says nothing of itself is believed when the version is right.
  if (!old && ((label ?? version) !== version || (cache === 'miss' && isThere(sight) && keeps(was)))) return undefined;
  // What the edge did not have before the purge says nothing of the purge.
  const cold = before !== undefined && isThere(was) && was.cache === 'miss';
  const saw =
    cache === undefined ? 'labels right, no cache seen' : missed ? 'MISS, then HIT' : 'HIT of the new version';
  if (cold) return { freshAt, saw: 'the edge keeps no such tile', proven: false };
  return { freshAt, saw: isThere(sight) ? saw : 'gone, as allowed', proven: true };
}

/** The edge is known to keep the tile, or nobody looked. */
function keeps(was: Sight | undefined): boolean {
  return was === undefined || was.cache !== 'miss';
}

/** Something in the answer itself differs from what lay there before. */
function differs(sight: Sight, { was }: Followed): boolean | undefined {
  if (!was) return undefined;
  return sight.digest !== was.digest || (sight.etag !== undefined && was.etag !== undefined && sight.etag !== was.etag);
}

const unlabelledAsBefore = (sight: Sight, was: Sight | undefined) =>
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
function isAnew(
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

/** Understands what the usual edges say of a response. */
export function statusFromHeaders({ headers }: Response): 'hit' | 'miss' | undefined {
  const value =
    headers.get('cf-cache-status') ??
    headers.get('x-cache-status') ??
    headers.get('x-cache') ??
    headers.get('cache-status');
  if (value === null) return undefined;
  // Of several caches the last word is the nearest one's.
  const nearest = value.split(',').at(-1) ?? '';
  if (/\b(miss|expired|bypass|dynamic|fwd)\b/i.test(nearest)) return 'miss';
  return /\b(hit|stale|updating|revalidated)\b/i.test(nearest) ? 'hit' : undefined;
}
