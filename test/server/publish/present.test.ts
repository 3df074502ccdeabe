import { describe, expect, it } from 'vitest';
import { EMPTY_STATE, type OriginState } from '../../../server/versions/state';
import type { VersionStore } from '../../../server/versions/version-store';
import { publishRequest, reportOf, request, testOrigin } from '../helpers';

/** A store whose messages the test sends, and whose state can go back in time as after a failover. */
function fickleStore() {
  let state: OriginState = EMPTY_STATE;
  const listeners = new Set<(state: OriginState) => void>();
  const store: VersionStore = {
    read: async () => state,
    async update(change) {
      state = change(state) ?? state;
      for (const listener of listeners) listener(state);
      return state;
    },
    watch: async (listener) => (listeners.add(listener), () => void listeners.delete(listener)),
    close: async () => undefined,
  };
  const tell = (late: OriginState) => listeners.forEach((listener) => listener(late));
  return { store, get: () => state, set: (to: OriginState) => void (state = to), tell };
}

it('a late message reverts nothing', async () => {
  const { store, get, tell } = fickleStore();
  const { origin } = testOrigin({ store });
  await origin.publishNow({ layer: 'roads', version: 'v1' });
  const late = get();
  await origin.publishNow({ layer: 'roads', version: 'v2' });
  tell(late);
  expect(await origin.version('roads')).toBe('v2');
});

describe('a store that lost its last write', () => {
  it('does not hide the next publication, and regains what an instance still knows', async () => {
    const { store, get, set } = fickleStore();
    const [one, two] = [testOrigin({ store }).origin, testOrigin({ store }).origin];
    await two.ready();
    await one.fetch(publishRequest({ layer: 'rivers', version: 'r1' }));
    const before = get();
    await one.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    set(before);
    expect(await reportOf(one.fetch(publishRequest({ layer: 'rivers', version: 'r2' })))).toMatchObject({
      ok: true,
      applied: true,
      revision: 3,
    });
    for (const origin of [one, two]) {
      expect(await (await origin.fetch(request('/api/tile-version'))).json()).toEqual({
        layers: { rivers: { version: 'r2', revision: 3 }, roads: { version: 'v1', revision: 2 } },
      });
    }
  });

  it('continues above all revisions after the loss of the whole key', async () => {
    const { store, set } = fickleStore();
    const { origin } = testOrigin({ store });
    for (const version of ['v1', 'v2']) await origin.fetch(publishRequest({ layer: 'roads', version }));
    set(EMPTY_STATE);
    expect(await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v3' })))).toMatchObject({
      revision: 3,
      previous: 'v2',
    });
    expect(await origin.version('roads')).toBe('v3');
  });

  it('continues above the revisions that browsers remember, even after a restart of everything', async () => {
    const now = Date.UTC(2026, 0, 1);
    const revisionAt = async (at: number) =>
      (await reportOf(testOrigin({ now: () => at }).origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }))))
        .revision!;
    const first = await revisionAt(now);
    expect(await revisionAt(now + 60_000)).toBeGreaterThan(first);
  });

  it('is repaired by a repetition', async () => {
    const { store, get, set } = fickleStore();
    const { origin } = testOrigin({ store });
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    const before = get();
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    set(before);
    // Back to the version that is in force for the store, but not for clients.
    expect(await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v1' })))).toMatchObject({
      applied: true,
      previous: 'v2',
      revision: 3,
    });
  });
});
