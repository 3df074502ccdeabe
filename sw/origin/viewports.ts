import { rangeHolds } from '../../src/shared/range';
import type { ViewportMessage } from '../../src/shared/page-messages';
import type { TileId } from '../../src/shared/tile';
import type { TilePlace } from '../../src/shared/tile-place';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { BACKGROUND, NO_VIEW } from './limiter';

/**
 * A caller that waits for a tile, and the moment since which it waits: a count that grows with each view a map tells,
 * because no clock is reliable enough.
 */
export interface Waiter {
  clientId: string;
  since: number;
}

/** Knows where the maps look, as far as adapters tell. */
export interface Viewports {
  /**
   * Notes a view. Each map of a client counts by itself: a page may show a layer twice, for example in an overview
   * beside its map.
   */
  set(clientId: string, view: Omit<ViewportMessage, 'type'>): void;
  /**
   * Returns 0 for a tile in view that a page waits for, and `NO_VIEW` for another one that a page waits for. For a tile
   * that no page waits for, returns `BACKGROUND`, or undefined if the maps look elsewhere.
   */
  urgency(address: TileAddress, background: boolean): number | undefined;
  /**
   * True if a client's map shows the tile, by its last view; undefined if the client never told a view of the layer.
   */
  shows(clientId: string, layer: string, tile: TileId | undefined): boolean | undefined;
  /** Tells whether any map shows the address; `unknown` if no map has told its view, or the address is no tile. */
  inView(address: TileAddress): 'yes' | 'no' | 'unknown';
  /** Returns a waiter for a caller that waits from now on. */
  meet(clientId: string): Waiter;
  /** True if the waiter's map has looked elsewhere since it asked. False if it never told where it looks. */
  leftBehind(address: TileAddress, waiter: Waiter): boolean;
}

type View = Omit<ViewportMessage, 'type'> & { clientId: string; at: number; moment: number };

const MAX_VIEWS = 64;
/** Milliseconds after which a view that its map has not renewed counts no more. */
const MAX_AGE = 300_000;
/** The largest number of clients for which we remember whether they are a page's web worker. */
const MAX_CLIENTS = 256;
/** Tiles around a view that maps go on loading; a map gives up tiles beyond them, too. */
const KEPT_AROUND = 3;

/**
 * `clientType` identifies a page's web workers, which request tiles (MapLibre's do) but tell no view of their own: all
 * views of the layer count for them.
 */
export function createViewports(
  now: () => number,
  clientType: (id: string) => Promise<ClientTypes | undefined> = async () => undefined,
): Viewports {
  const views = new Map<string, View>();
  const types = new Map<string, ClientTypes | undefined>();
  let moment = 0;

  const viewsOf = (layer: string) =>
    [...views.values()].filter((view) => view.layer === layer && Math.abs(now() - view.at) < MAX_AGE);

  const isIn = (views: View[], tile: TileId, place: TilePlace) =>
    views.some(({ zoom, bbox }) => Math.abs(zoom - tile.z) <= 1.5 && rangeHolds({ bbox, buffer: 1 }, place));

  return {
    inView({ layer, tile, place }) {
      const known = viewsOf(layer.name);
      if (!tile || known.length === 0) return 'unknown';
      return isIn(known, tile, place ?? tile) ? 'yes' : 'no';
    },
    set(clientId, view) {
      const id = `${clientId} ${view.layer} ${view.map ?? ''}`;
      views.delete(id);
      if (view.closed) return;
      views.set(id, { ...view, clientId, at: now(), moment: (moment += 1) });
      if (views.size > MAX_VIEWS) views.delete(views.keys().next().value as string);
    },
    urgency({ layer, tile, place }, background) {
      if (!tile) return background ? BACKGROUND : 0;
      const known = viewsOf(layer.name);
      const seen = isIn(known, tile, place ?? tile);
      if (!background) return seen ? 0 : NO_VIEW;
      if (known.length === 0) return BACKGROUND;
      return seen ? BACKGROUND : undefined;
    },
    shows(clientId, layer, tile) {
      // Use the last view however old it is: a map that stands still tells nothing more.
      const own = [...views.values()].filter((view) => view.clientId === clientId && view.layer === layer);
      if (own.length === 0) return undefined;
      return !tile || own.some(({ zoom, bbox }) => tile.z <= zoom + 1.5 && rangeHolds({ bbox, buffer: 1 }, tile));
    },
    meet(clientId) {
      if (views.size > 0 && !types.has(clientId)) {
        if (types.size >= MAX_CLIENTS) types.clear();
        types.set(clientId, undefined);
        clientType(clientId).then(
          (type) => types.set(clientId, type),
          () => types.delete(clientId),
        );
      }
      return { clientId, since: moment };
    },
    leftBehind({ layer, tile, place }, { clientId, since }) {
      // A map without a geography tells nothing that could be compared.
      if (!tile || layer.crs === 'simple') return false;
      const all = viewsOf(layer.name);
      const own = all.filter((view) => view.clientId === clientId);
      const speaking = own.length > 0 ? own : types.get(clientId) === 'worker' ? all : [];
      return (
        speaking.some((view) => view.moment > since) && !speaking.some((view) => isNear(view, tile, place ?? tile))
      );
    },
  };
}

/** True for tiles that a map at this view may still want: coarser tiles beneath it, and some tiles around it. */
function isNear({ zoom, bbox }: View, tile: TileId, place: TilePlace): boolean {
  return tile.z <= zoom + 1.5 && rangeHolds({ bbox, buffer: KEPT_AROUND }, place);
}
