import type { Sample } from './look';
import { isGone, isThere, type Sight, wrongType } from './sight';

/** Options of the check at the origin before the purge. */
export interface ReadyOptions {
  /** Seconds to wait for the origin to rebuild the samples. @default 30 */
  timeout?: number;
}

/** The result of the check at the origin. */
export interface ReadyResult {
  ok: boolean;
  detail: string;
  /** The origin's answer for each sample. */
  sights: Array<Sight | undefined>;
}

/** The parts that the check at the origin needs. */
export interface ReadyTask {
  samples: readonly Sample[];
  version: string;
  /** Whether tiles may be gone, because the data shrinks. */
  allowGone: boolean;
  nameOf: (sample: Sample) => string;
  ask: (sample: Sample) => Promise<Sight | undefined>;
}

/**
 * Waits until the origin has every sample, complete and of the new version. An earlier purge would fill the edge with
 * gaps.
 */
export async function awaitReady(
  task: ReadyTask,
  { timeout = 30 }: ReadyOptions,
  { now, sleep }: { now: () => number; sleep: (seconds: number) => Promise<void> },
): Promise<ReadyResult> {
  const endsAt = now() + timeout * 1000;
  let waited = 0;
  for (let pause = 0.1; ; pause = Math.min(1, pause * 2)) {
    const sights = await Promise.all(task.samples.map(task.ask));
    const why = sights.map((sight, i) => notReady(sight, task.samples[i]!.before, task));
    const first = why.findIndex((each) => each !== undefined);
    if (first < 0) return { ok: true, detail: words(sights, task.version), sights };
    // Also count the pauses alone, because the clock may be set back.
    if (now() + pause * 1000 > endsAt || waited > timeout) {
      const detail = `${task.nameOf(task.samples[first]!)} at the origin: ${why[first]}; nothing was purged or announced. Publish again when the data is complete`;
      return { ok: false, detail, sights };
    }
    waited += pause;
    await sleep(pause);
  }
}

function notReady(
  sight: Sight | undefined,
  before: Sight | undefined,
  { version, allowGone }: ReadyTask,
): string | undefined {
  if (!sight) return 'no complete answer';
  if (sight.status >= 500) return `answered ${sight.status}`;
  if (isGone(before, sight) && !allowGone)
    return `existed before, now ${isThere(sight) ? 'it is empty' : sight.status} (set allowGone if the data shrink)`;
  if (sight.label !== undefined && sight.label !== version) return `still version ${sight.label}`;
  // Accept another format, which may change with the data, but not an HTML page.
  return wrongType(sight, undefined);
}

function words(sights: ReadonlyArray<Sight | undefined>, version: string): string {
  const there = sights.filter(isThere);
  if (there.length === 0) return 'nothing is known: the origin has none of the samples';
  const labelled = there.every(({ label }) => label === version);
  return `${there.length} of ${sights.length} samples are at the origin, ${labelled ? `labelled ${version}` : 'without a version label'}`;
}
