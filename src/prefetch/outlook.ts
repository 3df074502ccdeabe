import type { Binding } from '../adapters/binding';
import type { MapView, TileBox } from '../adapters/supply';
import type { TileId } from '../shared/tile';
import { countIn, tilesIn, wrapped } from './boxes';
import { keyOf, MOST, once, planSteps, planTarget, planTour, planView, type Want, type Way, wayOf } from './plan';

/** The tiles to fetch for the view that the map shows, in order. */
export interface Outlook {
  goingTo(view: MapView): void;
  tour(views: readonly MapView[]): void;
  steps(values: readonly string[]): void;
  /** Plans anew if necessary, for a map at rest. Returns whether it shows another view than before. */
  renew(box: TileBox | undefined): boolean;
  /** Discards the plan, so that the next call makes a new one. */
  drop(): void;
  /** Notes that the map has begun to move, which makes the plan obsolete. */
  moved(): void;
  /** Returns whether the map itself needs the tile in its current view. */
  needs(want: Want): boolean;
  /** Takes the first tile that is allowed. While the map is not `ready`, takes only tiles of its target. */
  next(ready: boolean, allowed: (want: Want) => boolean): Want | undefined;
  /** Returns the keys of the tiles that the view shows. */
  shown(): string[];
  readonly waiting: number;
}

/** Creates an empty plan. */
export function createOutlook(
  { supply, cover }: Pick<Binding, 'supply' | 'cover'>,
  { ring, parents }: { ring: number; parents: number },
): Outlook {
  let targets: Want[] = [];
  let targetView: MapView | undefined;
  /** Whether the map has moved since its target was set. */
  let under = false;
  let tour: readonly MapView[] = [];
  let values: readonly string[] = [];
  let queue: Want[] | undefined;
  let now: TileBox | undefined;
  let way: Way | undefined;
  const been = new Set<number>();

  const columns = (z: number) => supply.columns(z);
  const wanted = () => cover()?.wanted ?? [];
  const keysOf = (tiles: readonly TileId[]) => tiles.map((tile) => keyOf({ tile: wrapped(tile, columns(tile.z)) }));
  const plan = (): Want[] => {
    const camera = supply.camera();
    if (!camera) return [];
    const out = Array.from({ length: parents }, (_, i) => supply.box({ ...camera, zoom: camera.zoom - i - 1 }));
    const boxes = tour.map((view) => supply.box(view));
    return once([
      ...planSteps(values, wanted(), columns),
      ...(tour.length ? planTour(boxes, now, columns) : []),
      ...(now ? planView({ now, way, out, been, ring, columns }) : []),
    ]);
  };

  return {
    goingTo(view) {
      targetView = view;
      under = false;
      targets = planTarget(supply.box(view), columns);
    },
    tour: (views) => void (tour = views),
    steps: (next) => void (values = next),
    drop: () => void (queue = undefined),
    moved() {
      queue = undefined;
      under = true;
    },
    renew(box) {
      const turned = JSON.stringify(now) !== JSON.stringify(box);
      if (turned && now && box) way = wayOf(now, box, columns) ?? way;
      now = box;
      if (box) been.add(box.z);
      // A flight may pass zooms at which the layer has nothing.
      if (turned && box && under && targetView) {
        targets = [];
        targetView = undefined;
      }
      queue ??= plan();
      return turned;
    },
    next(ready, allowed) {
      for (const list of ready && queue ? [targets, queue] : [targets]) {
        const at = list.findIndex(allowed);
        if (at < 0) continue;
        // Leave the tiles before it in the list: they may be allowed later.
        const [want] = list.splice(at, 1);
        return want;
      }
      return undefined;
    },
    shown: () => keysOf(wanted()),
    needs(want) {
      const camera = supply.camera();
      const box = camera && supply.box(camera);
      return !!box && countIn(box) <= MOST && keysOf(tilesIn(box)).includes(keyOf(want));
    },
    get waiting() {
      return targets.length + (queue?.length ?? 0);
    },
  };
}
