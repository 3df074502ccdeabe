import { withDeadline } from '../http/deadline';
import { purgeFailed, type PurgeResult } from '../purge/purger';
import { quoted } from '../purge/words';
import { type Due, LONGEST_STEP, type Outcome } from './debts';
import type { NamedPurger } from './named-purger';
import type { Timed } from './publish-steps';
import type { Round, Spread } from './stagger';

/** The CDNs, and their purges that are due. */
export interface PurgeTask {
  layer: string;
  cdns: readonly NamedPurger[];
  /** Returns the purge that is due at a CDN. */
  due: (cdn: string) => Due | undefined;
  timed: Timed;
  /** The pacing. Absent: each purge is one request to its purger. */
  paced?: Paced | undefined;
}

/** A purge that is spread over zooms. */
export interface Paced {
  spread: Spread;
  sleep: (seconds: number) => Promise<void>;
  /** Records the part of a purge that is done. If that fails, the part is purged again later. */
  note: (due: Due, round: Round, left: string[]) => Promise<unknown>;
  /** Called when a part begins, and when it has ended. */
  watch?: (what: 'begun' | 'ended') => void;
}

/** Purges all CDNs in parallel, each with the purge that is due there. */
export async function purgeDue(task: PurgeTask): Promise<Outcome[]> {
  const outcomes = await Promise.all(
    task.cdns.map((cdn) => {
      const each = task.due(cdn.cdn);
      return each ? purgeOne(task, cdn, each) : [];
    }),
  );
  return outcomes.flat();
}

async function purgeOne({ layer, timed, paced }: PurgeTask, cdn: NamedPurger, due: Due): Promise<Outcome> {
  const { debt } = due;
  const rounds: Round[] = paced?.spread.rounds(cdn, debt) ?? [{ tags: debt.tags }];
  let left = rounds.flatMap(({ tags }) => tags);
  let isWhole = true;
  for (const [i, round] of rounds.entries()) {
    if (i > 0) await paced?.sleep(paced.spread.pause);
    paced?.watch?.('begun');
    const done = await timed('purge', () => ask(cdn, layer, round, debt.urls), cdn.cdn);
    paced?.watch?.('ended');
    if (done) left = left.filter((tag) => !round.tags.includes(tag));
    else isWhole = false;
    // After the last part, `account` records the purge as a whole.
    if (done && left.length > 0) await paced?.note(due, round, left).catch(() => undefined);
  }
  const byZoom = isWhole && paced?.spread.proves(cdn, debt) && { byZoom: true as const };
  return { ...due, debt: isWhole ? debt : { ...debt, tags: left }, ok: isWhole, ...byZoom };
}

async function ask(
  { cdn, purger }: NamedPurger,
  layer: string,
  { tags, name }: Round,
  urls?: string[],
): Promise<string> {
  const work = purger.purge({ layer, tags, ...(urls && { urls }) });
  const result = (await withDeadline(work, LONGEST_STEP, `${cdn}: not done`)) as PurgeResult | undefined;
  // A custom purger that returns nothing proves nothing.
  if (typeof result?.requests !== 'number') throw purgeFailed(cdn, 'the purger resolved without { requests, retries }');
  const { requests, retries, detail } = result;
  const what = urls ? `${urls.length} URLs` : (name ?? tags.join(' '));
  return `${what}, ${requests} requests, ${retries} retries${detail ? `; ${quoted(detail)}` : ''}`;
}
