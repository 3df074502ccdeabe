// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { Binding, TileCover } from '../../../src/adapters/binding';
import { fetchAhead } from '../../../src/prefetch/fetcher';
import { prefetchAround } from '../../../src/prefetch/prefetch';
import type { PrefetchOptions } from '../../../src/prefetch/types';
import { settle } from '../fake-clock';

const tile = (x: number, y = 4) => ({ z: 3, x, y });

function setup(options: PrefetchOptions = {}) {
  const state = {
    cover: { wanted: [tile(4)], drawn: [tile(4)] } as TileCover,
    welcome: true,
    fails: false,
    hangs: false,
  };
  const asked: string[] = [];
  const signals: AbortSignal[] = [];
  let look = () => {};
  const binding = {
    cover: () => state.cover,
    tiles: () => state.cover.drawn,
    updating: false,
    request: ({ z, x, y }: { z: number; x: number; y: number }) => ({ url: `${z}/${x}/${y}`, init: {} }),
  } as unknown as Binding;
  const prefetch = prefetchAround(binding, options, {
    welcome: async () => state.welcome,
    async fetch({ url }, signal) {
      asked.push(url);
      signals.push(signal);
      if (state.hangs) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return state.fails ? 'failed' : { bytes: 1000 };
    },
    setInterval: (run) => void (look = run),
    clearInterval: () => (look = () => {}),
  });
  const run = async () => {
    look();
    await settle(60);
  };
  return { state, asked, signals, prefetch, run };
}

describe('prefetching', () => {
  it('waits for the view to be full, then fetches parents and ring, each once', async () => {
    const { state, asked, prefetch, run } = setup();
    state.cover = { wanted: [tile(4)], drawn: [] };
    await run();
    expect(asked).toEqual([]);
    state.cover = { wanted: [tile(4)], drawn: [tile(4)] };
    await run();
    expect(asked.slice(0, 2)).toEqual(['2/2/2', '1/1/1']);
    expect(new Set(asked).size).toBe(10);
    expect(prefetch.bytes).toBe(10_000);
    expect(prefetch.pending).toBe(0);
    state.cover = { wanted: [tile(5)], drawn: [tile(5)] };
    await run();
    expect(asked.length).toBe(new Set(asked).size);
    expect(asked.slice(10).sort()).toEqual(['3/6/3', '3/6/4', '3/6/5', '3/4/4'].sort());
  });

  it('drops what lay around a view that was left, also what is under way', async () => {
    const { state, asked, signals, run } = setup();
    state.hangs = true;
    await run();
    expect(asked).toHaveLength(2);
    state.hangs = false;
    state.cover = { wanted: [tile(0, 0)], drawn: [] };
    await run();
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('stays within its bytes, and fetches nothing where that is not welcome', async () => {
    const bounded = setup({ maxBytes: 3000 });
    await bounded.run();
    // Two at once: the last two are under way together.
    expect(bounded.asked.length).toBeLessThanOrEqual(4);
    const unwelcome = setup();
    unwelcome.state.welcome = false;
    await unwelcome.run();
    unwelcome.prefetch.target({ center: [0, 0], zoom: 3 });
    await unwelcome.run();
    expect(unwelcome.asked).toEqual([]);
    const always = setup({ always: true });
    always.state.welcome = false;
    await always.run();
    expect(always.asked.length).toBeGreaterThan(0);
  });

  it('gives up the plan when nothing comes', async () => {
    const { state, asked, run, prefetch } = setup();
    state.fails = true;
    await run();
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(prefetch.bytes).toBe(0);
  });

  it('fetches a target at once, a tour while the view is full, steps in time last', async () => {
    const { state, asked, prefetch, run } = setup({
      ring: 0,
      parents: 0,
      steps: (url) => [`${url}?t=1`, `${url}?t=2`],
    });
    state.cover = { wanted: [tile(4)], drawn: [] };
    prefetch.tour([{ bbox: [-170, 60, -160, 61], zoom: 2 }]);
    prefetch.target({ bbox: [1, 1, 2, 2], zoom: 2 });
    await run();
    expect(asked).toEqual(['2/2/1']);
    state.cover = { wanted: [tile(4)], drawn: [tile(4)] };
    await run();
    expect(asked.slice(1).sort()).toEqual(['2/0/1', '3/4/4?t=1', '3/4/4?t=2']);
    prefetch.stop();
    prefetch.target({ bbox: [1, 1, 2, 2], zoom: 4 });
    await run();
    expect(asked).toHaveLength(4);
  });

  it('refuses numbers that are none, naming the field', () => {
    expect(() => setup({ ring: 9 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field: 'ring' }));
    expect(() => setup({ maxBytes: Number.NaN })).toThrow(expect.objectContaining({ field: 'maxBytes' }));
  });
});

describe('one request ahead', () => {
  const ask = (response: () => Response | Promise<Response>) =>
    fetchAhead({ url: 'a', init: {} }, new AbortController().signal, async () => response());

  it('counts what came over the network', async () => {
    expect(await ask(() => new Response('12345'))).toEqual({ bytes: 5 });
    expect(await ask(() => new Response('12345', { headers: { 'cache-status': 'x; hit; ttl=5' } }))).toEqual({
      bytes: 0,
    });
    expect(await ask(() => new Response('', { status: 404 }))).toEqual({ bytes: 0 });
    expect(await ask(() => new Response('', { status: 503 }))).toBe('failed');
    expect(await ask(() => Promise.reject(new TypeError()))).toBe('failed');
  });
});
