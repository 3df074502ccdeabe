import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEmitter } from '../../../src/page/events';
import { failure } from '../../../src/page/failure';
import type { ClientEvents } from '../../../src/page/types';
import { createRegions } from '../../../src/regions/index';
import { TileCacheError } from '../../../src/shared/errors';
import type { RegionCommand, RegionInfo, RegionSpec, RegionState } from '../../../src/shared/regions';

const SPEC: RegionSpec = { id: 'a', layers: ['roads'], bounds: [9, 53, 10, 54], zooms: [5, 6] };

/** A page's regions, and a worker whose answers the test sets. */
function open() {
  const { on, emit } = createEmitter<ClientEvents>();
  const sent: RegionCommand[] = [];
  const info = (state: RegionState, more: Partial<RegionInfo> = {}) =>
    ({ id: 'a', state, tiles: 0, total: 4, edition: 0, failures: [], ...more }) as RegionInfo;
  let answer: (command: RegionCommand, signal?: AbortSignal) => Promise<unknown> = async () => info('downloading');
  const send = async (command: RegionCommand, signal?: AbortSignal) => {
    if (command.action === 'drive') return { again: undefined };
    if (signal?.aborted) throw failure('ABORTED', 'aborted', '');
    sent.push(command);
    return answer(command, signal);
  };
  const regions = createRegions({
    env: { window: new EventTarget(), href: 'https://map.example/', setTimeout, clearTimeout, onLine: () => true },
    scope: () => undefined,
    send,
    on,
    closed: new AbortController().signal,
    own: { createEmitter, failure, TileCacheError },
  } as never);
  return {
    regions,
    /** The requests other than the save itself. */
    asked: () => sent.map(({ action }) => action).filter((action) => action !== 'save'),
    become: (state: RegionState, more?: Partial<RegionInfo>) => emit('region', { region: info(state, more) } as never),
    removed: () => emit('region', { region: info('lost'), removed: true } as never),
    answers: (with_: typeof answer) => (answer = with_),
  };
}

it.each<[RegionState, Partial<RegionInfo>, string]>([
  ['downloading', {}, 'remove'],
  ['updating', { edition: 1 }, 'pause'],
  ['waiting', {}, 'remove'],
])('a signal ends a save that is %s', async (state, more, action) => {
  const { regions, asked, become } = open();
  const controller = new AbortController();
  await regions.save(SPEC, { signal: controller.signal });
  become(state, more);
  controller.abort();
  expect(asked()).toEqual([action]);
});

it.each<[string, RegionState[]]>([
  ['whole', ['complete']],
  ['complete, and outdated later', ['complete', 'outdated']],
  ['complete, and updated later', ['complete', 'updating']],
  ['ended without some tiles', ['incomplete']],
  ['resumed after it ended without some tiles', ['incomplete', 'updating']],
])('a signal has no effect on a region that is %s', async (_, states) => {
  const { regions, asked, become } = open();
  const controller = new AbortController();
  await regions.save(SPEC, { signal: controller.signal });
  for (const state of states) become(state, { edition: 1 });
  controller.abort();
  expect(asked()).toEqual([]);
});

it('a signal that is already aborted touches no region with that id', async () => {
  const { regions, asked, become } = open();
  become('downloading');
  await expect(regions.save(SPEC, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  expect(asked()).toEqual([]);
});

it('a signal that aborts during the request ends what the worker may have begun', async () => {
  const { regions, asked, answers } = open();
  const controller = new AbortController();
  answers(async ({ action }) => {
    if (action !== 'save') return undefined;
    controller.abort();
    throw failure('ABORTED', 'aborted', '');
  });
  await expect(regions.save(SPEC, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  expect(asked()).toEqual(['remove']);
});

it('a signal that aborts at the moment of the answer ends it as well', async () => {
  const { regions, asked, answers } = open();
  const controller = new AbortController();
  answers(async ({ action }) => {
    if (action === 'save') controller.abort();
    return { id: 'a', state: 'downloading', edition: 0 };
  });
  await regions.save(SPEC, { signal: controller.signal });
  await vi.waitFor(() => expect(asked()).toEqual(['remove']));
});

it('a style that is no URL is refused before the worker is asked', async () => {
  const { regions, asked } = open();
  const spec = { ...SPEC, style: 'https://' };
  await expect(regions.save(spec)).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'style' });
  await expect(regions.estimate(spec)).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'style' });
  expect(asked()).toEqual([]);
});

it('waiting for a region that was removed before reports the removal', async () => {
  const { regions, removed } = open();
  const region = await regions.save(SPEC);
  removed();
  await expect(region.complete).rejects.toMatchObject({ code: 'ABORTED' });
});

it('a region that is resumed by its id, here or in another tab, can be awaited again', async () => {
  const { regions, become } = open();
  const region = await regions.save(SPEC);
  become('incomplete');
  await expect(region.complete).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
  become('updating', { edition: 1 });
  const { complete } = region;
  become('complete', { edition: 2 });
  expect(await complete).toMatchObject({ state: 'complete', edition: 2 });
});

it('the progress of an update counts from its own first tile, and never decreases', async () => {
  const { regions, become } = open();
  const region = await regions.save(SPEC);
  const counts: number[] = [];
  region.on('progress', ({ tiles }) => counts.push(tiles));
  const edition = { edition: 1, total: 9 };
  become('outdated', { ...edition, tiles: 9 });
  become('updating', { ...edition, tiles: 0 });
  become('updating', { ...edition, tiles: 5 });
  // A message of a stopped worker.
  become('waiting', { ...edition, tiles: 3 });
  become('updating', { ...edition, tiles: 4 });
  become('complete', { ...edition, edition: 2, tiles: 9 });
  expect(counts).toEqual([9, 0, 5, 5, 5, 9]);
});

describe('the browser is asked to keep the storage', () => {
  afterEach(() => vi.unstubAllGlobals());
  const FILE = new Blob(['region']);
  const doors: Array<[string, (regions: ReturnType<typeof open>['regions']) => Promise<{ id: string }>]> = [
    ['a save', (regions) => regions.save(SPEC)],
    ['an import', (regions) => regions.import(FILE)],
  ];
  const storageOf = (persisted: () => Promise<boolean>, answer: () => Promise<boolean>) => {
    const storage = { persisted: vi.fn(persisted), persist: vi.fn(answer) };
    vi.stubGlobal('navigator', { storage });
    return storage;
  };
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));

  it.each(doors)('with %s', async (_, run) => {
    let granted = false;
    const storage = storageOf(
      async () => granted,
      async () => (granted = true),
    );
    const { regions } = open();
    await run(regions);
    await later();
    expect(storage.persist).toHaveBeenCalledOnce();
    // The browser has granted it.
    await run(regions);
    await later();
    expect(storage.persisted).toHaveBeenCalledTimes(2);
    expect(storage.persist).toHaveBeenCalledOnce();
  });

  it.each(doors)('not with %s that the worker refuses', async (_, run) => {
    const storage = storageOf(
      async () => false,
      async () => true,
    );
    const { regions, answers } = open();
    answers(async () => {
      throw failure('LIMIT_EXCEEDED', 'too large', '');
    });
    await expect(run(regions)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await later();
    expect(storage.persist).not.toHaveBeenCalled();
  });

  const fails = async () => {
    throw new DOMException('Storage is broken.', 'UnknownError');
  };
  const throws = () => {
    throw new TypeError('The document is not active.');
  };
  const no = async () => false;
  const FAULTS: Array<[string, () => Promise<boolean>, () => Promise<boolean>]> = [
    ['refuses', no, no],
    ['rejects', no, fails],
    ['throws', no, throws],
    ['fails to say whether storage is persistent', fails, no],
    ['throws when asked whether storage is persistent', throws, no],
    ['never answers', () => new Promise(() => {}), no],
  ];
  it.each(doors.flatMap(([door, run]) => FAULTS.map((fault) => [door, ...fault, run] as const)))(
    '%s succeeds if the browser %s',
    async (_, __, persisted, answer, run) => {
      storageOf(persisted, answer);
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      expect(await run(open().regions)).toMatchObject({ id: 'a' });
      await later();
      process.off('unhandledRejection', unhandled);
      expect(unhandled).not.toHaveBeenCalled();
    },
  );

  it.each([
    ['no navigator', undefined],
    ['no storage manager', {}],
  ])('a save succeeds with %s', async (_, navigator) => {
    vi.stubGlobal('navigator', navigator);
    expect(await open().regions.save(SPEC)).toMatchObject({ id: 'a' });
  });
});
