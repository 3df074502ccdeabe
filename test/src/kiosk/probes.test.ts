import { describe, expect, it } from 'vitest';
import type { ClientState } from '../../../src/page/types';
import { createEmitter } from '../../../src/page/events';
import { createProbes } from '../../../src/kiosk/probes';
import type { KioskClient } from '../../../src/kiosk/types';

type Events = { statechange: { state: ClientState }; versioncheck: object };

/** Probes over a client without a map, whose worker answers while it is there. */
function begin(first: ClientState) {
  const { on, emit } = createEmitter<Events>();
  let state = first;
  const client = {
    get state() {
      return state;
    },
    status: () => ({ offline: false, layers: {} }),
    workerStatus: async () => ({}),
    usage: async () => ({ layers: {} }),
    on,
  } as unknown as KioskClient;
  const probes = createProbes({
    bindings: [],
    client,
    now: () => 0,
    sleep: () => new Promise(() => {}),
    checkWithin: 900,
    maxHeap: 0.9,
    heap: () => undefined,
  });
  const become = (next: ClientState) => {
    state = next;
    emit('statechange', { state });
  };
  return { probes, become };
}

describe('a worker that is lost', () => {
  it('is missed although nobody had looked before', async () => {
    const { probes, become } = begin('active');
    become('unavailable');
    expect(await probes.run()).toEqual(new Set(['worker']));
  });

  it('is missed where it came and went between two looks', async () => {
    const { probes, become } = begin('pending');
    expect(await probes.run()).toEqual(new Set());
    become('active');
    become('unavailable');
    expect(await probes.run()).toEqual(new Set(['worker']));
  });

  it('is not missed where there never was one', async () => {
    const { probes, become } = begin('pending');
    become('unavailable');
    expect(await probes.run()).toEqual(new Set());
  });
});
