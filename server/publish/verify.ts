import { isVersioned, tileUrl } from '../layers/edge-layer';
import { type End, follow } from './follow-sample';
import type { VerifyEffects, VerifyOptions, VerifyResult, VerifyTask } from './verify-types';

/**
 * Requests each sample from the edge until it answers with a MISS (or already with the new version), then with a HIT of
 * the new version. If URLs contain the version, the edge has never stored the new version's URLs; it then also checks
 * that the previous version's URLs are gone.
 */
export async function verifyEdge(
  task: VerifyTask,
  options: VerifyOptions,
  effects: VerifyEffects,
): Promise<VerifyResult> {
  const { edge, tiles, version, previous, purgedAt, lastPurgeAt = purgedAt } = task;
  const { limit = Infinity, timeout = 30 } = options;
  const samples = tiles.length;
  if (samples === 0)
    return {
      ok: false,
      samples,
      detail: 'nothing was requested: there is no sample, or none of the zooms exists at the edge',
    };
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
  const again = timesAgain(task.purgeAgain?.round() ?? 0);
  if (failed >= 0) return { ok: false, samples, detail: `${urls[failed]}: ${seen[failed] as string}${again}` };
  const ends = seen as End[];
  const purgeLatency = Math.max(0, ...ends.map(({ freshAt }) => (freshAt - lastPurgeAt) / 1000));
  if (purgeLatency > limit) {
    return {
      ok: false,
      samples,
      purgeLatency,
      detail: `the purge took ${purgeLatency.toFixed(3)} s, the limit is ${limit} s`,
    };
  }
  const gone = old === undefined ? '' : `; the samples of ${old} are gone`;
  const detail = `${summary(ends.slice(0, samples))}${gone}${again}`;
  // One sample that proves the purge is enough. Missing samples do not contradict it.
  if (ends.slice(0, samples).some(({ proven }) => proven)) return { ok: true, samples, purgeLatency, detail };
  const remedy = options.allowUnproven
    ? ''
    : '. Name tiles inside the data (samples, edge.samples or edge.bounds), or set allowUnproven';
  return { ok: options.allowUnproven ?? false, samples, unproven: true, detail: `unproven: ${detail}${remedy}` };
}

const timesAgain = (count: number) =>
  count === 0 ? '' : `; the origin still sent old tiles after the purge, which was repeated ${count} times`;

function summary(ends: End[]): string {
  const counts = new Map<string, number>();
  for (const { saw } of ends) counts.set(saw, (counts.get(saw) ?? 0) + 1);
  return [...counts]
    .map(([saw, count]) => `${count === ends.length ? 'every sample' : `${count} of ${ends.length}`}: ${saw}`)
    .join('; ');
}
