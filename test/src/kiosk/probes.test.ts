import { describe, expect, it } from 'vitest';
import type { ClientState } from '../../../src/page/types';
import type { TileId } from '../../../src/shared/tile';
import { createEmitter } from '../../../src/page/events';
import { createProbes } from '../../../src/kiosk/probes';
import type { KioskBinding, KioskClient } from '../../../src/kiosk/types';

type Events = {
  statechange: { state: ClientState };
  versioncheck: object;
  used: { uses: Array<{ layer: string; tile: TileId; code: number }> };
};

interface Around {
  bindings?: readonly unknown[];
  status?: () => object;
  now?: () => number;
  usage?: object;
  hadWorker?: boolean;
  error?: unknown;
  isOff?: () => boolean;
  workerStatus?: () => Promise<object>;
  sleep?: (milliseconds: number) => Promise<void>;
}

/** Probes over a client whose worker answers while it exists. */
function begin(
  first: ClientState,
  {
    bindings = [],
    status = () => ({}),
    now = () => 0,
    usage = {},
    hadWorker = false,
    error,
    isOff = () => false,
    workerStatus = async () => ({}),
    sleep = () => new Promise(() => {}),
  }: Around = {},
) {
  const { on, emit } = createEmitter<Events>();
  let state = first;
  const client = {
    get state() {
      return state;
    },
    status: () => ({ offline: false, layers: {}, ...status() }),
    workerStatus,
    usage: async () => ({ layers: {}, ...usage }),
    error,
    on,
  } as unknown as KioskClient;
  const probes = createProbes({
    bindings: bindings as readonly KioskBinding[],
    client,
    now,
    sleep,
    checkWithin: 900,
    maxHeap: 0.9,
    hadWorker,
    isOff,
    heap: () => undefined,
  });
  const become = (next: ClientState) => {
    state = next;
    emit('statechange', { state });
  };
  return { probes, become, emit };
}

/** The result for a page without a worker. */
const noWorker = () => Promise.reject(Object.assign(new Error('no worker'), { code: 'NO_WORKER' }));

describe('a worker that is lost', () => {
  it('is noticed although nothing looked before', async () => {
    const { probes, become } = begin('active');
    become('unavailable');
    expect(await probes.run()).toEqual(new Set(['worker']));
  });

  it('is no fault while the origin has it switched off, according to this page or the previous one', async () => {
    let off = true;
    const isOff = () => off;
    const { probes, become } = begin('active', { isOff });
    become('unavailable');
    expect(await probes.run()).toEqual(new Set());
    const later = begin('unavailable', { isOff, hadWorker: true });
    expect(await later.probes.run()).toEqual(new Set());
    off = false;
    expect(await probes.run()).toEqual(new Set(['worker']));
    expect(await later.probes.run()).toEqual(new Set(['worker']));
  });

  it('is noticed if it came and went between two looks', async () => {
    const { probes, become } = begin('pending', { workerStatus: noWorker });
    expect(await probes.run()).toEqual(new Set());
    become('active');
    become('unavailable');
    expect(await probes.run()).toEqual(new Set(['worker']));
  });

  it('is noticed if the repairing reload has left no worker, unless it cannot be registered', async () => {
    for (const error of [undefined, new Error('the script is not there')]) {
      const { probes, become } = begin('pending', { hadWorker: true, error });
      become('unavailable');
      expect(await probes.run()).toEqual(new Set(error ? [] : ['worker']));
    }
  });

  it('is no fault if there never was one', async () => {
    const { probes, become } = begin('pending');
    become('unavailable');
    expect(await probes.run()).toEqual(new Set());
  });
});

describe('a worker that does not control the page', () => {
  /** A sleep of two minutes or more ends at once, a shorter one never. */
  const sleep = (ms: number) => (ms < 120_000 ? new Promise<void>(() => {}) : Promise.resolve());

  it('for two minutes counts as lost, even if there was none before', async () => {
    const { probes, become } = begin('pending', { sleep });
    await Promise.resolve();
    expect(await probes.run()).toEqual(new Set(['worker']));
    become('active');
    expect(await probes.run()).toEqual(new Set());
    become('pending');
    await Promise.resolve();
    expect(await probes.run()).toEqual(new Set(['worker']));
  });

  it('is no fault before that, nor during its registration, nor when switched off or arriving meanwhile', async () => {
    for (const around of [{}, { sleep, workerStatus: noWorker }, { sleep, isOff: () => true }]) {
      const { probes } = begin('pending', around);
      await Promise.resolve();
      expect(await probes.run()).toEqual(new Set());
    }
    const workerStatus = async () => {
      become('active');
      return {};
    };
    const { probes, become } = begin('pending', { sleep, workerStatus });
    await Promise.resolve();
    expect(await probes.run()).toEqual(new Set());
  });
});

describe('version checks', () => {
  it('are not expected when switched off, and get a grace period when switched on again', async () => {
    let time = 0;
    let checks: boolean | undefined = false;
    const { probes } = begin('active', { status: () => ({ checks }), now: () => time });
    const missed = async () => (await probes.run()).has('check');
    for (time = 0; time < 10_000; time += 100) expect(await missed()).toBe(false);
    checks = true;
    expect(await missed()).toBe(false);
    time += 799;
    expect(await missed()).toBe(false);
    time += 200;
    expect(await missed()).toBe(true);
  });
});

describe('a blank map', () => {
  const container = Object.assign(new EventTarget(), { querySelectorAll: () => [] });
  const one = (more: object) => ({
    layer: 'roads',
    refresh: () => {},
    tiles: () => [],
    view: () => ({ container }),
    cover: () => ({ wanted, drawn: [] }),
    ...more,
  });
  const blank = one({});
  const wanted = [{ z: 1, x: 0, y: 0 }];
  const painted = one({ layer: 'base', cover: () => ({ wanted, drawn: wanted }) });
  const unneeded = one({ layer: 'labels', cover: () => ({ wanted: [], drawn: [] }) });
  const removed = one({ layer: 'gone', view: () => undefined });
  const broken = one({
    view: () => {
      throw new TypeError('destroyed');
    },
  });
  const unsure = one({ cover: () => undefined });
  const vague = one({ cover: () => undefined, tiles: () => wanted });
  const pending = one({ tiles: () => wanted });
  const enlarged = one({ cover: () => ({ wanted, drawn: [{ z: 0, x: 0, y: 0 }] }) });
  const elsewhere = one({ cover: () => ({ wanted, drawn: [{ z: 1, x: 1, y: 1 }] }) });
  const rendered = (boxes: number) => one({ view: () => ({ container: { getClientRects: () => Array(boxes) } }) });

  it.each([
    ['one layer', [blank], true],
    ['one that does not know what it needs', [unsure], true],
    ['one that does not know what it needs, but has tiles', [vague], false],
    ['its tiles are loading', [pending], true],
    ['only tiles of another place are drawn', [elsewhere], true],
    ['a tile of another zoom is enlarged', [enlarged], false],
    ['one of several', [blank, painted], false],
    ['the layer has nothing in the view, or is hidden', [unneeded], false],
    ['the view needs nothing of the other layer', [blank, unneeded], true],
    ['its other map was removed', [removed, blank], true],
    ['its other map fails to answer', [broken, blank], true],
    ['the page does not render its element', [rendered(0)], false],
    ['its element is rendered', [rendered(1)], true],
    ['the page does not render the other map', [rendered(0), blank], true],
    ['all maps were removed', [removed], false],
    ['all maps fail to answer', [broken], false],
    ['none', [], false],
  ])('is noticed, or not: %s', async (_, bindings, noticed) => {
    const { probes } = begin('active', { bindings });
    expect((await probes.run()).has('blank')).toBe(noticed);
    probes.stop();
  });

  it('is noticed although the worker has reported its tiles: the map has lost them since', async () => {
    const shown = [{ tile: wanted[0], status: 'hit', since: 0 }];
    const { probes } = begin('active', { bindings: [blank], status: () => ({ layers: { roads: { shown } } }) });
    expect((await probes.run()).has('blank')).toBe(true);
    probes.stop();
  });

  it('is no fault if the origin has no tiles', async () => {
    const { probes, emit } = begin('active', { bindings: [blank] });
    const code = async (answer: number) => {
      emit('used', { uses: [{ layer: 'roads', tile: wanted[0]!, code: answer }] });
      return (await probes.run()).has('blank');
    };
    expect([await code(404), await code(500), await code(200)]).toEqual([false, true, true]);
    probes.stop();
  });

  const empty = one({ cover: () => ({ wanted, drawn: wanted, empty: true }) });
  const kept = { layers: { roads: { tiles: 1 } } };
  const told = (more: object) => ({
    layers: { roads: { shown: [{ tile: wanted[0], status: 'hit', since: 0, ...more }] } },
  });
  it.each<[string, object, object, boolean]>([
    ['the worker, which stores tiles of the layer, has reported none', {}, kept, true],
    ['the worker has reported their failure', told({ missing: true }), kept, true],
    ['the worker has reported them: so the origin has nothing here', told({}), kept, false],
    ['the worker does not store the layer, and will never report', {}, {}, false],
  ])('is noticed if all tiles are empty and %s', async (_, status, usage, noticed) => {
    const { probes } = begin('active', { bindings: [empty], status: () => status, usage });
    expect((await probes.run()).has('blank')).toBe(noticed);
    probes.stop();
  });
});

describe('a blank map without a network', () => {
  const container = Object.assign(new EventTarget(), { querySelectorAll: () => [] });
  const blank = {
    layer: 'roads',
    refresh: () => {},
    tiles: () => [],
    view: () => ({ container }),
    cover: () => undefined,
  };
  const region = (...layers: string[]) => ({ regions: { city: { tiles: 4, bytes: 1, layers } } });

  it.each<[string, object, boolean]>([
    ['nothing is stored', {}, false],
    ['tiles of the layer are stored', { layers: { roads: { tiles: 1 } } }, true],
    ['tiles of another layer are stored', { layers: { base: { tiles: 1 } } }, false],
    ['a region has the layer', region('base', 'roads'), true],
    ['a region has another layer', region('base'), false],
  ])('is noticed if there is something to show: %s', async (_, usage, noticed) => {
    const { probes } = begin('active', { bindings: [blank], status: () => ({ offline: true }), usage });
    expect((await probes.run()).has('blank')).toBe(noticed);
    probes.stop();
  });
});

describe('a custom binding', () => {
  const throws = () => {
    throw new TypeError('not implemented');
  };
  const canvas = Object.assign(new EventTarget(), { isConnected: true, getContext: throws });
  const container = Object.assign(new EventTarget(), { querySelectorAll: () => [canvas] });
  const hostile: Record<string, object> = {
    'has no layer to tell': {
      get layer() {
        return throws();
      },
    },
    'has a view whose container is no element': { view: () => ({ container: {} }) },
    'has a view without a container': { view: () => ({}) },
    'has a view whose container is null': { view: () => ({ container: null }) },
    'has a canvas that fails to answer': { view: () => ({ container }) },
    'does nothing of what it should': { tiles: throws, view: throws, cover: throws },
    'covers nonsense': { cover: () => ({}) },
  };
  const base = { layer: 'roads', refresh: () => {}, tiles: () => [], view: () => undefined };

  it.each(Object.keys(hostile))('that %s does not hide another fault', async (what) => {
    const binding = Object.defineProperties({ ...base }, Object.getOwnPropertyDescriptors(hostile[what]));
    let time = 0;
    const { probes, become } = begin('active', { bindings: [binding], now: () => time });
    become('unavailable');
    time = 1000;
    expect([...(await probes.run())].filter((symptom) => symptom !== 'blank')).toEqual(['worker', 'check']);
    probes.stop();
  });

  it('gets its listeners once, however often its canvas fails', async () => {
    let listeners = 0;
    const counted = Object.assign(new EventTarget(), {
      querySelectorAll: () => [canvas],
      addEventListener: () => (listeners += 1),
    });
    const { probes } = begin('active', { bindings: [{ ...base, view: () => ({ container: counted }) }] });
    for (let look = 0; look < 10; look += 1) await probes.run();
    expect(listeners).toBe(2);
  });

  it('and a client that fails to answer do not hide a lost worker', async () => {
    const { probes, become } = begin('active', { status: () => throws() });
    become('unavailable');
    expect(await probes.run()).toEqual(new Set(['worker']));
  });
});
