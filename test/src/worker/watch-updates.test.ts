import { describe, expect, it } from 'vitest';
import type { TileCacheError } from '../../../src/shared/errors';
import { watchUpdates } from '../../../src/worker/watch-updates';
import { settle } from '../fake-clock';

class Worker extends EventTarget {
  state = 'installing';
  become(state: string) {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

async function watch(update: () => Promise<unknown>, { existed = true, onLine = true, hangs = false } = {}) {
  const told: TileCacheError[] = [];
  const active = {
    postMessage: ({ id }: { id: string }, [port]: MessagePort[]) =>
      hangs || port!.postMessage({ type: 'TILE_ACK', id, ok: true, result: {} }),
  };
  const registration = Object.assign(new EventTarget(), { installing: null as Worker | null, active, update });
  const closing = new AbortController();
  watchUpdates(registration as never, (error) => told.push(error), {
    signal: closing.signal,
    existed,
    onLine: () => onLine,
  });
  await settle();
  // Ports deliver in turns of the event loop.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { told, registration, closing };
}
const rejects = (message: string) => () => Promise.reject(new TypeError(message));

describe('an update of the worker', () => {
  it.each([
    'Failed to update a ServiceWorker: ServiceWorker script evaluation failed',
    'ServiceWorker script at /sw.js threw an exception during script evaluation.',
  ])('that throws is reported: %s', async (message) => {
    const { told } = await watch(rejects(message));
    expect(told).toMatchObject([{ code: 'UPDATE_FAILED' }]);
    expect(told[0]!.cause).toBeInstanceOf(TypeError);
  });

  it.each([
    'An unknown error occurred when fetching the script.',
    'NetworkError when attempting to fetch resource.',
    'Load failed',
    'A bad HTTP response code (503) was received when fetching the script.',
  ])('that could not be fetched is not: %s', async (message) =>
    expect((await watch(rejects(message))).told).toEqual([]),
  );

  it('is not requested offline, nor if the worker is new', async () => {
    expect((await watch(rejects('evaluation'), { onLine: false })).told).toEqual([]);
    expect((await watch(rejects('evaluation'), { existed: false })).told).toEqual([]);
  });

  it('is not requested if the worker hangs: nothing could unregister it before the end of the update', async () => {
    const asked: boolean[] = [];
    await watch(async () => void asked.push(true));
    expect(asked).toEqual([true]);
    await watch(async () => void asked.push(true), { hangs: true });
    expect(asked).toEqual([true]);
  });

  it('that cannot be installed is reported, one that is replaced later is not', async () => {
    const { told, registration } = await watch(() => Promise.resolve());
    const good = (registration.installing = new Worker());
    registration.dispatchEvent(new Event('updatefound'));
    good.become('installed');
    good.become('redundant');
    expect(told).toEqual([]);
    const bad = (registration.installing = new Worker());
    registration.dispatchEvent(new Event('updatefound'));
    bad.become('redundant');
    expect(told).toMatchObject([{ code: 'UPDATE_FAILED' }]);
  });
});
