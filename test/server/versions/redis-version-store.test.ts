import { describe, expect, it, vi } from 'vitest';
import { createRedisVersionStore } from '../../../server/versions/redis-version-store';
import { EMPTY_STATE, type OriginState } from '../../../server/versions/state';
import { announce } from '../../../server/versions/transitions';
import { request, testOrigin } from '../helpers';

/** A Redis that fails as often as the test asks; test/server-real uses a real one. */
function fakeRedis() {
  const fails = { get: 0, subscribe: 0 };
  let held: string | null = null;
  let message: (text: string) => void = () => undefined;
  const ready = new Set<() => void>();
  const slept: number[] = [];
  const store = createRedisVersionStore({
    client: {
      get: async () => (fails.get-- > 0 ? Promise.reject(new Error('LOADING')) : held),
      eval: async (_, { arguments: [, next] }) => ((held = next!), message(next!), 1),
    },
    subscriber: {
      subscribe: async (_, listener) =>
        fails.subscribe-- > 0 ? Promise.reject(new Error('NOPERM')) : void (message = listener),
      unsubscribe: async () => undefined,
      on: (_, listener) => ready.add(listener),
      off: (_, listener) => ready.delete(listener),
    },
    sleep: (seconds) => (slept.push(seconds), new Promise(setImmediate)),
  });
  return {
    store,
    fails,
    slept,
    set: (state: OriginState) => void (held = JSON.stringify(state)),
    tell: (text: string) => message(text),
    reconnect: () => ready.forEach((listener) => listener()),
  };
}

const published = announce(EMPTY_STATE, { layer: 'roads', version: 'v1', purged: true }, 0);

describe('the Redis store', () => {
  it('subscribes again after a failure', async () => {
    const { store, fails } = fakeRedis();
    fails.subscribe = 1;
    const { origin } = testOrigin({ store });
    expect((await origin.fetch(request('/api/tile-version'))).status).toBe(503);
    expect((await origin.fetch(request('/api/tile-version'))).status).toBe(200);
  });

  it.each(['a reconnection', 'a broken message'])('reads until it succeeds after %s', async (event) => {
    const { store, fails, slept, set, tell, reconnect } = fakeRedis();
    const heard: OriginState[] = [];
    await store.watch((state) => heard.push(state));
    set(published);
    fails.get = 3;
    if (event === 'a reconnection') reconnect();
    else tell('half of {');
    await vi.waitFor(() => expect(heard).toEqual([published]));
    expect(slept).toEqual([0.25, 0.5, 1]);
  });

  it('stops retrying when closed', async () => {
    const { store, fails, slept, reconnect } = fakeRedis();
    await store.watch(() => undefined);
    fails.get = Infinity;
    reconnect();
    await vi.waitFor(() => expect(slept.length).toBeGreaterThan(1));
    await store.close();
    await new Promise(setImmediate);
    const tries = slept.length;
    await new Promise(setImmediate);
    expect(slept.length).toBe(tries);
    expect(Math.max(...slept)).toBeLessThanOrEqual(10);
  });
});
