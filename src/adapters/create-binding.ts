import type { ViewportMessage } from '../shared/page-messages';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import { createAgeBook } from './age-book';
import type { BindingClient } from './binding-client';
import { type Binding, type BindingOptions, onFirstVersion } from './binding';
import { changedLayers, renewShown } from './changed-layers';
import { watchChanges } from './changes';
import type { Swapper } from './swapper';
import { throttle } from './throttle';
import type { Turns } from './turns';
import { watchDoubtful } from './watch-doubtful';
import { type ScreenState, watchMissing } from './watch-missing';

/** The events of a map library that a binding listens to. */
export interface Heard {
  /** Tiles may have failed, arrived or left. */
  look(): void;
  /** The map shows another view. */
  moved(): void;
  /** The map was removed. */
  unbind(): void;
}

/** The part of a binding that differs between map libraries. */
export interface MapPart extends Pick<Binding, 'tiles' | 'cover' | 'view' | 'supply'> {
  /** The layer's name in the worker. */
  layer: string;
  /** Exchanges single tiles on the screen. */
  swapper: Swapper;
  /** Decides when loaded tiles appear. */
  turns: Turns;
  /**
   * Exchanges the tiles on the screen for which `holds` returns true, and drops such tiles beyond the screen. `place`
   * is given if the source has an unusual grid; `null` stands for an image without a place.
   */
  exchange(holds: (tile: TileId, place?: TilePlace | null) => boolean): void;
  /** Puts the version in force into the tile URLs. Returns true if that changed them. */
  follow(): boolean;
  /** Returns which tiles on the screen failed, and whether any are loading. */
  screen(): ScreenState;
  /** Returns the map's view, or `undefined` if the map cannot tell it. */
  looksAt(): Pick<ViewportMessage, 'zoom' | 'bbox' | 'crs'> | undefined;
  /** Listens to the library. Returns the function that stops listening and removes every wrapper. */
  listen(heard: Heard): () => void;
}

/** Milliseconds between two reports of the view. */
const REPORT_EVERY = 200;

/**
 * Connects a layer of a map and a client: exchanges changed tiles and requests failed ones again, until it is unbound.
 */
export function createBinding(part: MapPart, client: BindingClient, options: BindingOptions): Binding {
  const { layer, swapper, turns, exchange, follow } = part;
  const changed = changedLayers();
  const ages = createAgeBook(client, layer);
  const watch = watchMissing(client, layer, swapper, part.screen);
  const doubts = watchDoubtful(client, { layer, ages, tiles: part.tiles, exchange });
  // Identifies this map: the page may have another one with the same layer.
  const map = Math.random().toString(36).slice(2);
  let bound = true;
  let told: Pick<ViewportMessage, 'zoom' | 'bbox' | 'crs'> | undefined;
  const tell = (view: typeof told) => {
    if (view) client.viewport({ layer, map, ...view });
    else if (told) client.viewport({ layer, map, ...told, closed: true });
    told = view;
  };
  const report = throttle(() => tell(part.looksAt()), REPORT_EVERY);
  // With the network back, request tiles again that the worker answered without it.
  const online = () => {
    swapper.retry();
    exchange(ages.wanting);
  };
  const stops = [
    watchChanges(client, layer, (change) => {
      changed.add(layer);
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
    bound = false;
    changed.add(layer);
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
  if (changed.has(layer)) stops.push(renewShown(exchange));
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
    refresh: () => void (bound && exchange(() => true)),
  };
}
