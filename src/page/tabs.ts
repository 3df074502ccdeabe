import { attempt, type Env } from './env';

/** What pages of an origin share, as far as the browser lets them; `env` may bring its own for tests. */
export interface Tabs {
  locks: Pick<LockManager, 'request'> | undefined;
  broadcast(name: string): BroadcastChannel | undefined;
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  eventSource(url: string): EventSource;
}

/** The browser's own where `env` has none. */
export function withTabs(env: Env & Partial<Tabs>): Env & Tabs {
  return {
    locks: attempt(() => navigator.locks),
    broadcast: (name) => attempt(() => new BroadcastChannel(name)),
    storage: attempt(() => localStorage),
    eventSource: (url) => new EventSource(url),
    ...env,
  };
}
