import type { Binding } from '../adapters/binding';
import { tileKey } from '../screen/tile-key';
import { gapsOf } from './cover';
import { createSwapMeter } from './swap-meter';
import type { ViewMetric } from './types';
import { createViewMeter } from './view-meter';

/** What watching takes from the browser; tests hand in their own. */
export interface Screen {
  /** Milliseconds since the navigation began. */
  now(): number;
  /** Calls back before the next frame; returns what cancels that. */
  frame(run: () => void): () => void;
  /** True while nobody sees the page. */
  hidden(): boolean;
  /** True while the page's own load is not over. */
  loading(): boolean;
  /** Calls back when the page is hidden or shown; returns what ends that. */
  onVisibility(run: () => void): () => void;
  /** Calls back about once a second; returns what ends that. */
  eachSecond(run: () => void): () => void;
}

/** Milliseconds for which frames are looked at after something happened. */
const AWAKE = 1000;
/** Tiles whose absence is remembered. */
const MOST_GONE = 5000;

/** Looks at a binding's screen in each frame while something is under way, and once a second else. */
export function watchBinding(binding: Binding, screen: Screen, report: (metric: ViewMetric) => void): () => void {
  const { layer, client } = binding;
  const gone = new Set<string>();
  const views = createViewMeter(screen.hidden() ? undefined : screen.loading() ? 0 : screen.now());
  const swaps = createSwapMeter();
  let awakeUntil = screen.now() + AWAKE;
  /** When a full view's ages have to be known. */
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

  /** The layer is switched off or has nothing here, or its map is gone: nobody sees a gap until it is back. */
  const away = (at: number) => {
    if (!stopMove) return;
    stopMove();
    stopMove = undefined;
    tell(views.leave(at));
  };

  const look = () => {
    if (screen.hidden()) return;
    const at = screen.now();
    const cover = binding.cover();
    const view = cover?.wanted.length ? binding.view() : undefined;
    if (!cover || !view) away(at);
    else {
      stopMove ??= view.onMove(wake);
      const corner = [view.project(0, 0), view.project(1, 1)].map(
        (point) => point && [point.x, point.y].map(Math.round),
      );
      const gaps = gapsOf(cover, (tile) => gone.has(tileKey(tile)));
      const size = [view.container.clientWidth, view.container.clientHeight];
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
      for (const { layer: of, tile, code } of uses) {
        if (of !== layer || !tile) continue;
        // The origin has no such tile: waiting for it would be in vain.
        if (code === 204 || code === 404 || code === 410) gone.add(tileKey(tile));
        else if (code) gone.delete(tileKey(tile));
        if (gone.size > MOST_GONE) gone.delete(gone.values().next().value!);
      }
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
