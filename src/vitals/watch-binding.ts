import type { Binding, TileCover, TileView } from '../adapters/binding';
import { createAgeMeter } from './age-meter';
import { gapsOf } from './cover';
import { createFrames } from './frames';
import { createGoneTiles } from './gone-tiles';
import type { Screen } from './screen';
import { createSwapMeter } from './swap-meter';
import type { ViewMetric } from './types';
import { createViewMeter } from './view-meter';

/** Examines a binding's screen: every frame while something is going on, otherwise once a second. */
export function watchBinding(binding: Binding, screen: Screen, report: (metric: ViewMetric) => void): () => void {
  const { layer, client } = binding;
  const gone = createGoneTiles(layer);
  const views = createViewMeter(screen.hidden() ? undefined : screen.loading() ? 0 : screen.now());
  const ages = createAgeMeter(binding);
  const swaps = createSwapMeter();
  let stopMove: (() => void) | undefined;

  const tell = (reports: ReturnType<typeof views.sample>) => {
    for (const one of reports) report({ ...one, layer });
    if (reports.some(({ name }) => name === 'full-view')) ages.full(screen.now());
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
    const size = view ? sizeOf(view) : [];
    // Map libraries go on loading tiles for an element without a size, such as one that is not rendered.
    if (!cover || !view || size.includes(0)) away(at, cover);
    else {
      stopMove ??= view.onMove(frames.wake);
      tell(views.sample(at, { ...gapsOf(cover, gone.has), place: placeOf(view, size) }));
    }
    const took = swaps.busy ? swaps.sample(at, updateOf(binding)) : undefined;
    if (took !== undefined) report({ name: 'swap', layer, value: took });
    const age = ages.sample(at);
    if (age) report({ ...age, layer });
  };
  const frames = createFrames(screen, look, () => views.busy);

  const published = ({ layer: of }: { layer: string }) => {
    if (of !== layer && of !== '*') return;
    if (!screen.hidden()) swaps.published(screen.now());
    frames.happened();
  };
  const visibility = () => {
    if (!screen.hidden()) return frames.happened();
    frames.sleep();
    for (const meter of [ages, swaps]) meter.leave();
    tell(views.leave(screen.now()));
  };
  const stops = [
    client.on('versionchange', published),
    client.on('invalidated', published),
    client.on('tilesupdated', ({ layer: of }) => void (of === layer && frames.happened())),
    client.on('used', ({ uses }) => {
      gone.note(uses);
      if (ages.busy || swaps.busy) frames.wake();
    }),
    screen.onVisibility(visibility),
    screen.eachSecond(() => void (screen.hidden() || frames.wake())),
  ];
  frames.wake();
  return () => {
    for (const stop of [...stops.splice(0), frames.end]) stop();
    stopMove?.();
    stopMove = undefined;
    tell(views.leave(screen.now()));
  };
}

const sizeOf = ({ container }: TileView) => [container.clientWidth, container.clientHeight];

/** Identifies the position of a map of this size. */
function placeOf(view: TileView, size: readonly number[]): string {
  const corner = [view.project(0, 0), view.project(1, 1)].map((point) => point && [point.x, point.y].map(Math.round));
  return JSON.stringify([corner, size]);
}

/** The state of an update on the screen: whether tiles are on their way, and whether old ones are left. */
const updateOf = (binding: Binding) => ({
  updating: binding.updating,
  old: binding.tiles().some((tile) => binding.age(tile)?.status === 'stale'),
});
