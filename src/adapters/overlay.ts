import type { TileId } from '../shared/tile';
import { tileBBox } from '../shared/tile-math';
import type { Binding, TileView } from './binding';
import { addLegend, removeLegend } from './legend';

/** A canvas above a map's tiles. It lets clicks through. */
export interface Overlay {
  /** Draws in the next frame. */
  redraw(): void;
  /** Removes the canvas and the legend. */
  remove(): void;
}

export interface Point {
  x: number;
  y: number;
}

/** The corners of a tile on the screen. */
export type Corners = [Point, Point, Point, Point];

/** Puts a canvas over a bound map while the map has an element, and paints it whenever the map moves. */
export function createOverlay(
  binding: Pick<Binding, 'view'>,
  legend: HTMLElement | undefined,
  paint: (context: CanvasRenderingContext2D, view: TileView) => void,
): Overlay {
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:450';
  let shown: HTMLElement | undefined;
  let stopMove: (() => void) | undefined;
  let frame = 0;
  const draw = () => {
    frame = 0;
    const view = binding.view();
    if (view?.container !== shown) {
      stopMove?.();
      if (legend) removeLegend(legend);
      shown = view?.container;
      stopMove = view?.onMove(redraw);
      if (shown) {
        if (legend) addLegend(shown, legend);
        if (view?.mount) view.mount(canvas);
        else shown.append(canvas);
      } else canvas.remove();
    }
    const context = view && sized(canvas, view);
    if (view && context) paint(context, view);
  };
  const redraw = () => void (frame ||= requestAnimationFrame(draw));
  return {
    redraw,
    remove() {
      cancelAnimationFrame(frame);
      stopMove?.();
      canvas.remove();
      if (legend) removeLegend(legend);
    },
  };
}

function sized(canvas: HTMLCanvasElement, { container }: TileView): CanvasRenderingContext2D | undefined {
  const ratio = devicePixelRatio || 1;
  canvas.width = container.clientWidth * ratio;
  canvas.height = container.clientHeight * ratio;
  const context = canvas.getContext('2d');
  context?.scale(ratio, ratio);
  return context ?? undefined;
}

/** Returns a tile's corners on the screen, clockwise from the north-west, or `undefined` if the map cannot tell. */
export function cornersOf(tile: TileId, { project, corners }: TileView): Corners | undefined {
  if (corners) return corners(tile) as Corners | undefined;
  const [west, south, east, north] = tileBBox(tile);
  const all = [project(west, north), project(east, north), project(east, south), project(west, south)];
  return all.every((corner) => corner !== undefined) ? (all as Corners) : undefined;
}
