import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TileCacheClient } from '../../../src/page/types';
import { sourceOf } from '../../../src/react/source';
import { INITIAL, createStore } from '../../../src/react/store';
import { fakeClient, layer } from './fake-client';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(owned = true, ageInterval = 30) {
  const fakes: Array<ReturnType<typeof fakeClient>> = [];
  const store = createStore({
    open: () => Promise.resolve(fakes[fakes.push(fakeClient()) - 1]!.client),
    owned,
    ageInterval,
  });
  return { store, fakes };
}
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('createStore', () => {
  it('opens no client before the first subscription, and one for all', async () => {
    const { store, fakes } = setup();
    expect(store.get()).toBe(INITIAL);
    expect(fakes).toHaveLength(0);
    const heard = vi.fn();
    store.subscribe(heard);
    store.subscribe(() => {});
    await settle();
    expect(fakes).toHaveLength(1);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(store.get().client).toBe(fakes[0]!.client);
    expect(store.getInitial()).toBe(INITIAL);
  });

  it('returns the same object until something changes', async () => {
    const { store, fakes } = setup();
    store.subscribe(() => {});
    await settle();
    const before = store.get();
    expect(store.get()).toBe(before);
    fakes[0]!.tell({
      state: 'active',
      offline: true,
      layers: { roads: layer('7', true), rivers: layer(undefined) },
      summary: { state: 'offline', age: 90, checked: 3, tiles: 4, missing: 0 },
    });
    expect(store.get()).toMatchObject({
      state: 'active',
      offline: true,
      stale: true,
      updating: true,
      age: 90,
      versions: { roads: '7' },
      screen: { state: 'offline' },
    });
    expect(Object.keys(store.get().versions)).toEqual(['roads']);
  });

  it.each([
    ['current', false],
    ['updating', false],
    ['unknown', false],
    ['old', true],
    ['missing', true],
    ['failing', true],
  ] as const)('%s: stale is %s', async (state, stale) => {
    const { store, fakes } = setup();
    store.subscribe(() => {});
    await settle();
    fakes[0]!.tell({ summary: { state, age: 1, checked: 1, tiles: 1, missing: 0 } });
    expect(store.get().stale).toBe(stale);
  });

  it('refreshes values that grow by themselves', async () => {
    const { store, fakes } = setup(true, 30);
    store.subscribe(() => {});
    await settle();
    fakes[0]!.tell({ summary: { state: 'current', age: 31, checked: 1, tiles: 1, missing: 0 } }, true);
    expect(store.get().age).toBeUndefined();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(store.get().age).toBe(31);
  });

  it('closes its client after the last subscriber has left, and leaves no listener or timer', async () => {
    const { store, fakes } = setup();
    const leave = [store.subscribe(() => {}), store.subscribe(() => {})];
    await settle();
    leave[0]!();
    await settle();
    expect(fakes[0]!.closed()).toBe(0);
    leave[1]!();
    await settle();
    expect(fakes[0]!.closed()).toBe(1);
    expect(fakes[0]!.listening()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(store.get()).toBe(INITIAL);
    store.subscribe(() => {});
    await settle();
    expect(fakes).toHaveLength(2);
  });

  it('keeps its client when a subscriber leaves and returns at once', async () => {
    const { store, fakes } = setup();
    const leave = store.subscribe(() => {});
    leave();
    store.subscribe(() => {});
    await settle();
    expect(fakes).toHaveLength(1);
    expect(fakes[0]!.closed()).toBe(0);
  });

  it('closes a client that opens after all subscribers have left', async () => {
    const fake = fakeClient();
    let give!: (client: TileCacheClient) => void;
    const store = createStore({ open: () => new Promise((resolve) => (give = resolve)), owned: true, ageInterval: 0 });
    store.subscribe(() => {})();
    await settle();
    give(fake.client);
    await settle();
    expect(fake.closed()).toBe(1);
    expect(fake.listening()).toBe(0);
    expect(store.get()).toBe(INITIAL);
  });

  it('does not close a client of the app', async () => {
    const { store, fakes } = setup(false);
    const leave = store.subscribe(() => {});
    await settle();
    leave();
    await settle();
    expect(fakes[0]!.closed()).toBe(0);
    expect(fakes[0]!.listening()).toBe(0);
  });

  it('says why there is no client', async () => {
    const store = createStore({ open: () => Promise.reject(new Error('no')), owned: true, ageInterval: 30 });
    store.subscribe(() => {});
    await settle();
    expect(store.get()).toMatchObject({ client: undefined, state: 'unavailable', error: new Error('no') });
  });
});

describe('sourceOf', () => {
  it.each([-1, '30', NaN, Infinity])('refuses an ageInterval of %s', (ageInterval) => {
    expect(() => sourceOf({ ageInterval: ageInterval as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'ageInterval' }) as Error,
    );
  });
  it('accepts a client or a promise of one', async () => {
    const { client } = fakeClient();
    expect(await sourceOf({ client }).open()).toBe(client);
    expect(await sourceOf({ client: Promise.resolve(client) }).open()).toBe(client);
    expect(sourceOf({ client }).owned).toBe(false);
    expect(sourceOf({})).toMatchObject({ owned: true, ageInterval: 30 });
  });

  it('explains what is wrong with an invalid client', async () => {
    const store = createStore(sourceOf({ client: undefined as unknown as TileCacheClient }));
    store.subscribe(() => {});
    await settle();
    expect(store.get()).toMatchObject({ state: 'unavailable', error: expect.any(TypeError) as unknown });
  });
});
