import type { Sample } from './look';
import { isGone, isThere, type Sight, wrongType } from './sight';

/** Options of the look at the origin that comes before the purge. */
export interface ReadyOptions {
  /** Seconds that the rebuild may still take. @default 30 */
  timeout?: number;
}

/** What the origin had. */
export interface ReadyResult {
  ok: boolean;
  detail: string;
  /** What the origin answered for each sample. */
  sights: Array<Sight | undefined>;
}

/** What the look at the origin stands on. */
export interface ReadyTask {
  samples: readonly Sample[];
  version: string;
  /** Tiles may be gone: the data shrinks. */
  allowGone: boolean;
  nameOf: (sample: Sample) => string;
  ask: (sample: Sample) => Promise<Sight | undefined>;
}

/** Waits until the origin has every sample: there, whole, of the new version. A purge before that would fill the edge with gaps. */
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
    // The pauses alone count too: the clock may be set back meanwhile.
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
  if (!sight) return 'no whole answer';
  if (sight.status >= 500) return `answered ${sight.status}`;
  if (isGone(before, sight) && !allowGone)
    return `was there before, now ${isThere(sight) ? 'it is empty' : sight.status} (allowGone where the data shrinks)`;
  if (sight.label !== undefined && sight.label !== version) return `still of version ${sight.label}`;
  // Formats may change with the data; a page in a tile's place is an error.
  return wrongType(sight, undefined);
}

function words(sights: ReadonlyArray<Sight | undefined>, version: string): string {
  const there = sights.filter(isThere);
  if (there.length === 0) return 'nothing is known: the origin has none of the samples';
  const labelled = there.every(({ label }) => label === version);
  return `${there.length} of ${sights.length} samples are at the origin, ${labelled ? `labelled ${version}` : 'no version is told'}`;
}
