// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { Binding, TileCover } from '../../../src/adapters/binding';
import { createEmitter } from '../../../src/page/events';
import type { ClientEvents } from '../../../src/page/types';
import { RUM_VIEW_EVENT, type RumViewDetail } from '../../../src/shared/rum-schema';
import type { Screen } from '../../../src/vitals/screen';
import { createRumOutlet } from '../../../src/vitals/to-rum';
import { watchBinding } from '../../../src/vitals/watch-binding';

const four = [0, 1, 2, 3].map((x) => ({ z: 2, x, y: 1 }));

function setup() {
  const emitter = createEmitter<ClientEvents>();
  const frames = new Set<() => void>();
  const seconds = new Set<() => void>();
  const cover: TileCover | undefined = { wanted: four, drawn: [] };
  const size = { clientWidth: 500, clientHeight: 500 };
  const state = {
    at: 100,
    size,
    hidden: false,
    loading: true,
    updating: false,
    cover: cover as TileCover | undefined,
    movers: 0,
    onReport: () => {},
  };
  let visibility = () => {};
  const screen: Screen = {
    now: () => state.at,
    frame(run) {
      frames.add(run);
      return () => frames.delete(run);
    },
    hidden: () => state.hidden,
    loading: () => state.loading,
    onVisibility: (run) => ((visibility = run), () => {}),
    eachSecond: (run) => (seconds.add(run), () => seconds.delete(run)),
  };
  const binding = {
    layer: 'roads',
    client: { on: emitter.on, version: () => '2', viewport() {} },
    tiles: () => four,
    age: ({ x }: { x: number }) => ({ age: 10 * x, status: 'hit' }),
    cover: () => state.cover,
    view: () => ({
      container: state.size,
      project: () => ({ x: 0, y: 0 }),
      onMove: () => ((state.movers += 1), () => (state.movers -= 1)),
    }),
    get updating() {
      return state.updating;
    },
  } as unknown as Binding;
  const reports: object[] = [];
  const stop = watchBinding(binding, screen, (metric) => {
    reports.push(metric);
    state.onReport();
  });
  return {
    state,
    reports,
    emitter,
    stop,
    frames,
    hide(hidden: boolean) {
      state.hidden = hidden;
      visibility();
    },
    /** Runs frames for the given time. */
    run(ms: number) {
      for (const end = state.at + ms; state.at < end;) {
        state.at += 10;
        const now = [...frames];
        frames.clear();
        for (const frame of now) frame();
      }
    },
    second: () => seconds.forEach((run) => run()),
  };
}

describe('watching a binding', () => {
  it('reports the first view and its ages, and then sleeps', () => {
    const map = setup();
    map.run(1000);
    map.state.cover = { wanted: four, drawn: four };
    map.run(2000);
    expect(map.reports).toEqual([
      { name: 'full-view', layer: 'roads', value: 1110, cause: 'load', tiles: 4 },
      { name: 'blank', layer: 'roads', value: 4, cause: 'load' },
      { name: 'view-age', layer: 'roads', value: 30, median: 20, tiles: 4 },
    ]);
    expect(map.frames.size).toBe(0);
    // It still looks once a second: libraries do not report when they drop tiles.
    map.state.cover = { wanted: four, drawn: four.slice(1) };
    map.second();
    expect(map.frames.size).toBe(1);
  });

  it('neither looks again nor listens to the map after the listener of a metric has stopped it', () => {
    const map = setup();
    map.run(500);
    map.state.onReport = map.stop;
    map.state.cover = { wanted: four, drawn: four };
    map.run(200);
    expect(map.reports.length).toBeGreaterThan(0);
    expect([map.frames.size, map.state.movers]).toEqual([0, 0]);
  });

  it.each([
    ['it is hidden', undefined],
    ['it has nothing at this place', { wanted: [], drawn: [] }],
  ])('counts no gap of a layer while %s, and does not look at each frame', (_, none) => {
    const map = setup();
    map.run(1000);
    map.state.cover = none;
    map.run(2000);
    expect(map.reports).toEqual([{ name: 'blank', layer: 'roads', value: expect.closeTo(4, 0), cause: 'load' }]);
    expect([map.frames.size, map.state.movers]).toEqual([0, 0]);
    map.state.at += 3_600_000;
    map.second();
    map.state.cover = { wanted: four, drawn: [] };
    map.run(1000);
    map.state.cover = { wanted: four, drawn: four };
    map.run(1000);
    expect(map.state.movers).toBe(1);
    expect(map.reports.slice(1, 3)).toMatchObject([
      { name: 'full-view', cause: 'change' },
      { name: 'blank', value: expect.closeTo(4, 0), cause: 'change' },
    ]);
  });

  it.each([
    [0, 0],
    [500, 0],
  ])('counts no gap of a map whose element has no size: %d by %d', (clientWidth, clientHeight) => {
    const map = setup();
    map.state.size = { clientWidth, clientHeight };
    map.run(10_000);
    expect([map.reports, map.state.movers]).toEqual([[], 0]);
    map.state.size = { clientWidth: 500, clientHeight: 500 };
    map.second();
    map.run(1000);
    map.state.cover = { wanted: four, drawn: four };
    map.run(1000);
    expect(map.reports[1]).toMatchObject({ name: 'blank', value: expect.closeTo(4, 0) });
  });

  it.each([
    ['whose element has no size', { size: { clientWidth: 0, clientHeight: 0 } }],
    ['that is hidden', { cover: { wanted: [], drawn: [] } }],
  ])('times no first view of a layer %s when the page has loaded, and rests until it is', (_, away) => {
    const map = setup();
    const shown = { size: map.state.size, cover: map.state.cover };
    Object.assign(map.state, away);
    map.run(1000);
    expect(map.frames.size).toBe(1);
    map.state.loading = false;
    map.run(1000);
    expect(map.frames.size).toBe(0);
    map.state.at += 600_000;
    Object.assign(map.state, shown);
    map.second();
    map.run(1000);
    map.state.cover = { wanted: four, drawn: four };
    map.run(1000);
    expect(map.reports[0]).toMatchObject({ name: 'full-view', cause: 'change', value: expect.closeTo(1000, -2) });
  });

  it('does not wait for tiles that the origin does not have', () => {
    const map = setup();
    map.state.cover = { wanted: four, drawn: four.slice(1) };
    map.run(500);
    expect(map.reports).toEqual([]);
    const use = { layer: 'roads', tile: four[0]!, status: 'miss', age: 0, duration: 1, code: 404 } as const;
    map.emitter.emit('used', { uses: [use] });
    map.run(50);
    expect(map.reports[0]).toMatchObject({ name: 'full-view' });
  });

  it('times a publication, and drops it when the page is hidden', () => {
    const map = setup();
    map.state.cover = { wanted: four, drawn: four };
    map.run(2500);
    map.reports.length = 0;
    const publish = () => {
      map.emitter.emit('versionchange', { layer: 'roads', version: '2', previous: '1' });
      map.state.updating = true;
      map.run(300);
      map.state.updating = false;
    };
    publish();
    map.run(700);
    expect(map.reports).toEqual([{ name: 'swap', layer: 'roads', value: 310 }]);
    publish();
    map.hide(true);
    map.hide(false);
    map.run(2000);
    expect(map.reports).toHaveLength(1);
    map.stop();
    map.emitter.emit('versionchange', { layer: 'roads', version: '3', previous: '2' });
    expect(map.frames.size).toBe(0);
  });
});

describe('the way to the beacons', () => {
  it('keeps metrics until the measuring of this client, and of no other, takes them', () => {
    const target = new EventTarget();
    const on = () => () => {};
    const taken: object[] = [];
    const listen = (of: unknown) =>
      target.addEventListener(RUM_VIEW_EVENT, (event) => {
        const { on: from, view } = (event as CustomEvent<RumViewDetail>).detail;
        if (from !== of) return;
        taken.push(view);
        event.preventDefault();
      });
    const outlet = createRumOutlet({ on }, target);
    outlet.add({ name: 'full-view', layer: 'roads', value: 1500, cause: 'load', tiles: 4 });
    listen(() => {});
    outlet.flush();
    expect(taken).toEqual([]);
    listen(on);
    outlet.add({ name: 'view-age', layer: 'roads', value: 30, median: 20, tiles: 4 });
    expect(taken).toEqual([
      { name: 'full-view', layer: 'roads', value: 1.5, cause: 'load' },
      { name: 'view-age', layer: 'roads', value: 30 },
    ]);
    outlet.flush();
    expect(taken).toHaveLength(2);
  });
});
