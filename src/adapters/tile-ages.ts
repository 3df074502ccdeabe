import { tileBBox } from '../shared/tile-math';
import { ageText } from '../tile-age/age-text';
import type { TileAge } from './age-book';
import type { Binding, TileView } from './binding';
import { createLegend } from './legend';

/** Options of `showTileAges`. */
export interface TileAgesOptions {
  /** Ages in seconds at which the colour changes, growing. @default [60, 3600, 86400] */
  steps?: readonly [number, number, number];
  /** Texts of the legend. */
  texts?: Partial<TileAgesTexts>;
  /** Language of the ages. @default the document's */
  language?: string;
  /** Show the legend. @default true */
  legend?: boolean;
  /** Removes the overlay when it aborts. */
  signal?: AbortSignal;
}

/** Texts of the legend; `{age}` stands for a step. */
export interface TileAgesTexts {
  title: string;
  below: string;
  above: string;
  stale: string;
  error: string;
  unknown: string;
}

/** An overlay that was shown. */
export interface TileAges {
  /** Takes the overlay and its legend away. */
  remove(): void;
}

const TEXTS: TileAgesTexts = {
  title: 'Age of tiles',
  below: 'under {age}',
  above: '{age} and more',
  stale: 'not confirmed',
  error: 'update failed',
  unknown: 'not known',
};

/** One hue from light to dark would vanish on some maps: blue to red by way of yellow, apart for the colour-blind too. */
export const AGE_COLOURS = ['#2c7bb6', '#7fc8b4', '#fdae61', '#d7191c'] as const;
const UNKNOWN = '#767676';

/** The colour of an age. */
export function ageColour(age: number | undefined, steps: readonly number[]): string {
  if (age === undefined) return UNKNOWN;
  return AGE_COLOURS[steps.filter((step) => age >= step).length]!;
}

/**
 * Colours the tiles of a bound layer by how old they are; a tile that is not proven fresh gets a dashed edge, one whose
 * update failed a crossed one. The overlay takes no clicks. While the map has no element nothing is drawn.
 */
export function showTileAges(binding: Binding, options: TileAgesOptions = {}): TileAges {
  const steps = options.steps ?? [60, 3600, 86400];
  const language = options.language ?? document.documentElement.lang;
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:450';
  const texts = { ...TEXTS, ...options.texts };
  const rows = [
    ...steps.map((step, i) => ({
      colour: AGE_COLOURS[i]!,
      text: texts.below.replace('{age}', ageText(step, language)),
    })),
    { colour: AGE_COLOURS[3], text: texts.above.replace('{age}', ageText(steps[2], language)) },
    { colour: UNKNOWN, text: texts.unknown },
    { edge: 'dashed' as const, text: texts.stale },
    { edge: 'crossed' as const, text: texts.error },
  ];
  const legend = options.legend === false ? undefined : createLegend(texts.title, rows);

  let shown: HTMLElement | undefined;
  let stopMove: (() => void) | undefined;
  let frame = 0;
  const draw = () => {
    frame = 0;
    const view = binding.view();
    if (view?.container !== shown) {
      stopMove?.();
      shown = view?.container;
      stopMove = view?.onMove(redraw);
      if (shown) {
        if (legend) shown.append(legend);
        if (view?.mount) view.mount(canvas);
        else shown.append(canvas);
      } else for (const element of [canvas, legend]) element?.remove();
    }
    if (view) paint(canvas, view, binding, steps, language);
  };
  const redraw = () => void (frame ||= requestAnimationFrame(draw));

  const stopUsed = binding.client.on('used', redraw);
  const timer = setInterval(redraw, 1000);
  redraw();

  const remove = () => {
    cancelAnimationFrame(frame);
    clearInterval(timer);
    stopUsed();
    stopMove?.();
    canvas.remove();
    legend?.remove();
    options.signal?.removeEventListener('abort', remove);
  };
  options.signal?.addEventListener('abort', remove);
  if (options.signal?.aborted) remove();
  return { remove };
}

function paint(
  canvas: HTMLCanvasElement,
  view: TileView,
  binding: Binding,
  steps: readonly number[],
  language: string,
): void {
  const { clientWidth: width, clientHeight: height } = view.container;
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  for (const tile of binding.tiles()) {
    const [west, south, east, north] = tileBBox(tile);
    const corners = [
      [west, north],
      [east, north],
      [east, south],
      [west, south],
    ].map(([longitude, latitude]) => view.project(longitude!, latitude!));
    if (corners.every((corner) => corner !== undefined)) outline(context, corners, binding.age(tile), steps, language);
  }
}

type Point = { x: number; y: number };

function outline(
  context: CanvasRenderingContext2D,
  corners: Point[],
  age: TileAge | undefined,
  steps: readonly number[],
  language: string,
): void {
  const colour = ageColour(age?.age, steps);
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
  const [a, b, c, d] = corners as [Point, Point, Point, Point];
  context.save();
  // What is drawn on the edge stays on this tile's side of it.
  context.clip();
  context.globalAlpha = 0.35;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
  edge(context, colour, age?.status === 'stale' ? [8, 6] : []);
  if (age?.status === 'error') {
    context.beginPath();
    line(context, a, c);
    line(context, b, d);
    edge(context, colour, []);
  }
  context.restore();
  if (!age || Math.hypot(b.x - a.x, b.y - a.y) < 60) return;
  context.font = '600 13px system-ui, sans-serif';
  context.textAlign = 'center';
  context.lineWidth = 3;
  context.strokeStyle = '#fff';
  context.fillStyle = '#111';
  const text = ageText(age.age, language);
  const [x, y] = [(a.x + c.x) / 2, (a.y + c.y) / 2];
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

/** A line in the colour on a white one: it shows on any map. */
function edge(context: CanvasRenderingContext2D, colour: string, dash: number[]): void {
  context.setLineDash(dash);
  for (const [style, width] of [
    ['#fffc', 8],
    [colour, 5],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

function line(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
}
