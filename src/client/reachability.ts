import type { TileCacheError } from '../shared/errors';
import type { Env } from '../page/env';
import { markOf, secondsSince, type Mark } from '../screen/elapsed';
import type { ClientStatus, TileCacheClient } from '../page/types';

/** Milliseconds for which a tile from the origin proves that there is a network. */
const ANSWERED = 60_000;

/** Milliseconds by which clock and timer may disagree before the clock counts as set. */
const SET = 60_000;

/** True if not even an error response came back. */
const isRefused = ({ code, cause }: TileCacheError) => code === 'NETWORK_FAILED' && cause !== undefined;

/** Tracks what a page knows of its network: the facts, and how it reports them, apart from events. */
export function createReachability(
  env: Pick<Env, 'now' | 'monotonic' | 'onLine'>,
  on: TileCacheClient['on'],
): [
  facts: () => Pick<ClientStatus, 'offline' | 'checkedAt' | 'failures'>,
  /** Notes that the manifest was confirmed at this epoch millisecond. */
  confirmed: (at: number) => void,
  /** Notes whether the worker has a network. */
  told: (offline: boolean) => void,
] {
  /**
   * The worker's last word, until an answer from the network proves otherwise: a worker that the browser stops forgets
   * that it was offline.
   */
  let workerOffline = false;
  /** True if the checks find no network, and no tile came from one lately. */
  let unreachable = false;
  let answeredAt = -Infinity;
  let checked: { at: number; mark: Mark } | undefined;
  let failures = 0;
  const confirmed = (at: number) => void (checked = { at, mark: markOf(env) });
  /**
   * Returns the time of the check by the current clock: setting the clock makes the check neither younger nor older.
   */
  const checkedAt = () => {
    if (!checked) return undefined;
    const { at, mark } = checked;
    const set = env.now() - mark.wall - secondsSince(mark, env) * 1000;
    return at + (Math.abs(set) > SET ? set : 0);
  };

  on('used', ({ uses, validations = [] }) => {
    const answered = uses.some(({ status }) => status === 'miss' || status === 'revalidated');
    if (!answered && validations.every(({ failed }) => failed)) return;
    answeredAt = env.now();
    unreachable = workerOffline = false;
  });
  on('versioncheck', (outcome) => {
    failures = outcome.ok ? 0 : outcome.failures;
    if (outcome.ok) {
      confirmed(outcome.checkedAt);
      workerOffline = false;
    }
    unreachable = !outcome.ok && failures > 1 && isRefused(outcome.error) && !(env.now() - answeredAt < ANSWERED);
  });
  on('notice', ({ notice }) => {
    if (/line$/.test(notice)) workerOffline = notice === 'offline';
  });
  return [
    () => ({ offline: workerOffline || unreachable || !env.onLine(), checkedAt: checkedAt(), failures }),
    confirmed,
    (offline) => (workerOffline = offline),
  ];
}
