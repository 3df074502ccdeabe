import type { ClientEvents, ClientStatus, TileCacheClient } from '../../../src/page/types';

type Listener = (detail: never) => void;

/** Creates a client whose status the test sets. */
export function fakeClient() {
  const listeners = new Map<string, Set<Listener>>();
  let status: ClientStatus = { state: 'pending', offline: false, checkedAt: undefined, failures: 0, layers: {} };
  let closed = 0;
  const client = {
    state: 'active',
    error: undefined,
    status: () => status,
    on(event: keyof ClientEvents, listener: Listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => void set.delete(listener);
    },
    close: () => void closed++,
  } as unknown as TileCacheClient;
  return {
    client,
    closed: () => closed,
    listening: () => [...listeners.values()].reduce((sum, { size }) => sum + size, 0),
    /** Changes the status, and emits an event unless `quiet`. */
    tell(change: Partial<ClientStatus>, quiet = false) {
      status = { ...status, ...change };
      if (!quiet) for (const listener of listeners.get('status') ?? []) listener(status as never);
    },
  };
}

/** Returns a layer's part of a status. */
export const layer = (version: string | undefined, updating = false): ClientStatus['layers'][string] => ({
  version,
  updating,
  counts: { hit: 0, stale: 0, miss: 0, revalidated: 0, error: 0 },
  oldest: undefined,
  median: undefined,
});
