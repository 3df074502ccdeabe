import type { Binding, TileCover } from '../adapters/binding';
import { gapsOf } from './cover';
import { createGoneTiles } from './gone-tiles';
import { createSwapMeter } from './swap-meter';
import type { ViewMetric } from './types';
import { createViewMeter } from './view-meter';

/** The parts of the browser that watching uses; tests replace them. */
export interface Screen {
  /** Returns the milliseconds since the navigation began. */
  now(): number;
  /** Calls back before the next frame. Returns a function that cancels the call. */
  frame(run: () => void): () => void;
  /** Returns whether the page is hidden. */
  hidden(): boolean;
  /** Returns whether the page is still loading. */
  loading(): boolean;
  /** Calls back when the page is hidden or shown. Returns a function that unsubscribes. */
  onVisibility(run: () => void): () => void;
  /** Calls back about once a second. Returns a function that unsubscribes. */
  eachSecond(run: () => void): () => void;
}

/** Milliseconds after an event during which every frame is examined. */
const AWAKE = 1000;

/** Examines a binding's screen: every frame while something is going on, otherwise once a second. */
export function watchBinding(binding: Binding, screen: Screen, report: (metric: ViewMetric) => void): () => void {
  const { layer, client } = binding;
  const gone = createGoneTiles(layer);
  const views = createViewMeter(screen.hidden() ? undefined : screen.loading() ? 0 : screen.now());
  const swaps = createSwapMeter();
  let awakeUntil = screen.now() + AWAKE;
  /** The time at which the ages of a full view must be known. */
  let ageAt: number | undefined;
  let cancel: (() => void) | undefined;
  let stopMove: (() => void) | undefined;

  const tell = (reports: ReturnType<typeof views.sample>) => {
    for (const one of reports) report({ ...one, layer });
    if (reports.some(({ name }) => name === 'full-view')) ageAt = screen.now() + AWAKE;
  };
  const tellAge = (at: number) => {
    if (ageAt === undefined) return;
    const tiles = binding.tiles();
    const ages = tiles.flatMap((tile) => binding.age(tile)?.age ?? []).sort((a, b) => a - b);
    if (at < ageAt && ages.length < tiles.length) return;
    ageAt = undefined;
    const value = ages.at(-1);
    if (value !== undefined)
      report({ name: 'view-age', layer, value, median: ages[ages.length >> 1]!, tiles: ages.length });
  };

  /** Handles a layer that is switched off or empty here, or whose map is gone or not shown: nobody sees a gap until it is back. */
  const away = (at: number, cover: TileCover | undefined) => {
    if (stopMove) {
      stopMove();
      stopMove = undefined;
      tell(views.leave(at));
    } else if (cover && !screen.loading()) {
      // Nobody waits for the first view of a layer that is not shown when the page has loaded.
      views.leave(at);
    }
  };

  const look = () => {
    if (screen.hidden()) return;
    const at = screen.now();
    const cover = binding.cover();
    const view = cover?.wanted.length ? binding.view() : undefined;
    const size = view && [view.container.clientWidth, view.container.clientHeight];
    // Map libraries go on loading tiles for an element without a size, such as one that is not rendered.
    if (!cover || !view || size?.includes(0)) away(at, cover);
    else {
      stopMove ??= view.onMove(wake);
      const corner = [view.project(0, 0), view.project(1, 1)].map(
        (point) => point && [point.x, point.y].map(Math.round),
      );
      const gaps = gapsOf(cover, gone.has);
      tell(views.sample(at, { ...gaps, place: JSON.stringify([corner, size]) }));
    }
    if (swaps.busy) {
      const old = binding.tiles().some((tile) => binding.age(tile)?.status === 'stale');
      const value = swaps.sample(at, { updating: binding.updating, old });
      if (value !== undefined) report({ name: 'swap', layer, value });
    }
    tellAge(at);
  };
  const tick = () => {
    cancel = undefined;
    look();
    if (views.busy || screen.now() < awakeUntil) wake();
  };
  const wake = () => {
    cancel ??= screen.frame(tick);
  };
  const happened = () => {
    awakeUntil = screen.now() + AWAKE;
    wake();
  };
  const published = ({ layer: of }: { layer: string }) => {
    if (of !== layer && of !== '*') return;
    if (!screen.hidden()) swaps.published(screen.now());
    happened();
  };
  const visibility = () => {
    if (!screen.hidden()) return happened();
    cancel?.();
    cancel = ageAt = undefined;
    swaps.leave();
    tell(views.leave(screen.now()));
  };

  const stops = [
    client.on('versionchange', published),
    client.on('invalidated', published),
    client.on('tilesupdated', ({ layer: of }) => void (of === layer && happened())),
    client.on('used', ({ uses }) => {
      gone.note(uses);
      if (ageAt !== undefined || swaps.busy) wake();
    }),
    screen.onVisibility(visibility),
    screen.eachSecond(() => {
      if (!screen.hidden()) wake();
    }),
  ];
  wake();
  return () => {
    for (const stop of stops.splice(0)) stop();
    stopMove?.();
    stopMove = undefined;
    cancel?.();
    tell(views.leave(screen.now()));
  };
}
