import type { ViewportMessage } from '../shared/page-messages';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import { createAgeBook } from './age-book';
import type { BindingClient } from './binding-client';
import { type Binding, type BindingOptions, onFirstVersion } from './binding';
import { watchChanges } from './changes';
import type { Swapper } from './swapper';
import { throttle } from './throttle';
import type { Turns } from './turns';
import { watchDoubtful } from './watch-doubtful';
import { type ScreenState, watchMissing } from './watch-missing';

/** The facts that a map library tells a binding. */
export interface Heard {
  /** Tiles may have failed, come or left. */
  look(): void;
  /** The map shows another view. */
  moved(): void;
  /** The map is gone. */
  unbind(): void;
}

/** The part of a binding that differs between map libraries. */
export interface MapPart extends Pick<Binding, 'tiles' | 'cover' | 'view' | 'supply'> {
  /** The layer's name in the worker. */
  layer: string;
  /** Exchanges one tile on the screen. */
  swapper: Swapper;
  /** When what has been loaded is shown. */
  turns: Turns;
  /**
   * Has the tiles exchanged that are on the screen and that `holds` is true of; drops those that are not on it. `place`
   * is given where the source has another grid than the usual one; null for an image without a place.
   */
  exchange(holds: (tile: TileId, place?: TilePlace | null) => boolean): void;
  /** Brings the version in force into the tile URLs; true when they are others now. */
  follow(): boolean;
  /** What of the screen has failed or is on its way. */
  screen(): ScreenState;
  /** Returns where the map looks; undefined while it cannot tell. */
  looksAt(): Pick<ViewportMessage, 'zoom' | 'bbox'> | undefined;
  /** Listens to the library; returns what ends that and takes every wrapper off. */
  listen(heard: Heard): () => void;
}

/** Milliseconds between two reports of where the map looks. */
const REPORT_EVERY = 200;

/** Joins a map's layer and a client: what changes is exchanged, what failed is asked for again, until it is unbound. */
export function createBinding(part: MapPart, client: BindingClient, options: BindingOptions): Binding {
  const { layer, swapper, turns, exchange, follow } = part;
  const ages = createAgeBook(client, layer);
  const watch = watchMissing(client, layer, swapper, part.screen);
  const doubts = watchDoubtful(client, { layer, ages, tiles: part.tiles, exchange });
  // Another map of the page may show the layer, too.
  const map = Math.random().toString(36).slice(2);
  let told: Pick<ViewportMessage, 'zoom' | 'bbox'> | undefined;
  const tell = (view: typeof told) => {
    if (view) client.viewport({ layer, map, ...view });
    else if (told) client.viewport({ layer, map, ...told, closed: true });
    told = view;
  };
  const report = throttle(() => tell(part.looksAt()), REPORT_EVERY);
  // Tiles shown for lack of a network are worth another look.
  const online = () => {
    swapper.retry();
    exchange(ages.wanting);
  };
  const stops = [
    watchChanges(client, layer, (change) => {
      if (change.version !== undefined) {
        turns.published(change.version, change.previous ?? []);
        follow();
      }
      exchange(change.holds);
    }),
    onFirstVersion(client, layer, () => {
      if (follow()) exchange(() => true);
    }),
    client.on('notice', ({ notice }) => void (notice === 'online' && online())),
    ages.stop,
    watch.stop,
    doubts.stop,
    report.cancel,
    swapper.close,
  ];
  const unbind = () => {
    for (const stop of stops) stop();
    tell(undefined);
    removeEventListener('online', online);
    options.signal?.removeEventListener('abort', unbind);
  };
  addEventListener('online', online);
  follow();
  stops.push(
    part.listen({
      look: watch.look,
      moved() {
        watch.look();
        doubts.look();
        if (options.reportViewport !== false) report();
      },
      unbind,
    }),
  );
  options.signal?.addEventListener('abort', unbind);
  if (options.signal?.aborted) unbind();

  return {
    layer,
    client,
    unbind,
    age: ages.of,
    tiles: part.tiles,
    cover: part.cover,
    view: part.view,
    supply: part.supply,
    get updating() {
      return swapper.pending > 0;
    },
    refresh: () => exchange(() => true),
  };
}
