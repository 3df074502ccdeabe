import { attempt, type Env } from './env';

/** What the pages of an origin share, if the browser allows it. Tests pass their own. */
export interface Tabs {
  locks: Pick<LockManager, 'request'> | undefined;
  broadcast(name: string): BroadcastChannel | undefined;
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  eventSource(url: string): EventSource;
}

/** Adds the browser's own parts if `env` has none. */
export function withTabs(env: Env & Partial<Tabs>): Env & Tabs {
  return {
    locks: attempt(() => navigator.locks),
    broadcast: (name) => attempt(() => new BroadcastChannel(name)),
    storage: attempt(() => localStorage),
    eventSource: (url) => new EventSource(url),
    ...env,
  };
}
