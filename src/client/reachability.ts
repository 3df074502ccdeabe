import type { TileCacheError } from '../shared/errors';
import type { Env } from '../page/env';
import type { ClientStatus, TileCacheClient } from '../page/types';

/** Milliseconds for which a tile from the origin proves that there is a network. */
const ANSWERED = 60_000;

/** Not even an error came back. */
const isRefused = ({ code, cause }: TileCacheError) => code === 'NETWORK_FAILED' && cause !== undefined;

/** What a page knows of its network, from what it hears: the facts, and what is told apart from events. */
export function createReachability(
  env: Pick<Env, 'now' | 'onLine'>,
  on: TileCacheClient['on'],
): [
  facts: () => Pick<ClientStatus, 'offline' | 'checkedAt' | 'failures'>,
  /** The manifest was confirmed at this epoch millisecond. */
  confirmed: (at: number) => void,
  /** The worker says whether it has a network. */
  told: (offline: boolean) => void,
] {
  let workerOffline = false;
  /** Offline for the worker because connections are refused: an answer to a check proves otherwise. */
  let refused = false;
  /** The checks find no network, and no tile came from one lately. */
  let unreachable = false;
  let answeredAt = -Infinity;
  let checkedAt: number | undefined;
  let failures = 0;

  on('used', ({ uses }) => {
    if (!uses.some(({ status }) => status === 'miss' || status === 'revalidated')) return;
    answeredAt = env.now();
    unreachable = false;
  });
  on('versioncheck', (outcome) => {
    failures = outcome.ok ? 0 : outcome.failures;
    if (outcome.ok) ({ checkedAt } = outcome);
    if (outcome.ok && refused) workerOffline = refused = false;
    unreachable = !outcome.ok && failures > 1 && isRefused(outcome.error) && !(env.now() - answeredAt < ANSWERED);
  });
  on('notice', ({ notice, detail }) => {
    if (!/line$/.test(notice)) return;
    workerOffline = notice === 'offline';
    refused = workerOffline && detail === 'refused';
  });
  return [
    () => ({ offline: workerOffline || unreachable || !env.onLine(), checkedAt, failures }),
    (at) => (checkedAt = at),
    (offline) => (workerOffline = offline),
  ];
}
