import { refuse, refuseUnknown } from '../shared/validate';
import { ageText } from '../screen/age-text';
import type { TileAge } from './tile-age';
import type { Binding } from './binding';
import { createLegend } from './legend';
import { cornersOf, createOverlay, type Point } from './overlay';

/** Options of `showTileAges`. */
export interface TileAgesOptions {
  /** Ages in seconds at which the colour changes, in ascending order. @default [60, 3600, 86400] */
  steps?: readonly [number, number, number];
  /** Texts of the legend. @default English ones */
  texts?: Partial<TileAgesTexts>;
  /** Language of the ages. @default the document's */
  language?: string;
  /** Show the legend. @default true */
  legend?: boolean;
  /** Under the age, if the tile is large enough, show how the worker answered it, its version and its bytes. @default true */
  details?: boolean;
  /** Removes the overlay when it aborts. @default none */
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

/** An overlay on the map. */
export interface TileAges {
  /** Removes the overlay and its legend. */
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

/**
 * From blue by way of yellow to red: on some maps, a single hue from light to dark would not be visible. Colour-blind
 * people can tell these apart.
 */
const AGE_COLOURS = ['#2c7bb6', '#7fc8b4', '#fdae61', '#d7191c'] as const;
const UNKNOWN = '#767676';

/** Returns the colour of an age. */
export function ageColour(age: number | undefined, steps: readonly number[]): string {
  if (age === undefined) return UNKNOWN;
  return AGE_COLOURS[steps.filter((step) => age >= step).length]!;
}

const OPTIONS: Record<keyof TileAgesOptions, true> = {
  steps: true,
  texts: true,
  language: true,
  legend: true,
  details: true,
  signal: true,
};

/**
 * Shows an overlay that colours the tiles of a bound layer by their age. A dashed edge means that a tile is not proven fresh,
 * a cross that its last update failed. The overlay lets clicks through. It draws nothing while the map has no element. Throws
 * `INVALID_OPTION` if `steps` does not ascend, and for an unknown option.
 */
export function showTileAges(binding: Binding, options: TileAgesOptions = {}): TileAges {
  refuseUnknown(options, OPTIONS);
  const { steps = [60, 3600, 86400] } = options;
  if (steps.length !== 3 || !steps.every((step, i) => step > (i > 0 ? steps[i - 1]! : 0) && step < Infinity))
    refuse('INVALID_OPTION', 'steps', 'three ages in seconds, growing');
  const language = options.language ?? document.documentElement.lang;
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

  const { redraw, remove: takeAway } = createOverlay(binding, legend, (context, view) => {
    for (const tile of binding.tiles()) {
      const corners = cornersOf(tile, view);
      if (corners)
        outline(context, corners, binding.age(tile), { steps, language, details: options.details !== false });
    }
  });

  const stopUsed = binding.client.on('used', redraw);
  const timer = setInterval(redraw, 1000);
  redraw();

  const remove = () => {
    clearInterval(timer);
    stopUsed();
    takeAway();
    options.signal?.removeEventListener('abort', remove);
  };
  options.signal?.addEventListener('abort', remove);
  if (options.signal?.aborted) remove();
  return { remove };
}

interface Look {
  steps: readonly number[];
  language: string;
  details: boolean;
}

/** Maximum number of characters of a version on a tile. */
const MOST = 12;

/** Returns the other facts about a tile, one a line. */
export function detailsOf({ status, version, bytes }: TileAge): string[] {
  const size = bytes === undefined ? [] : [bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`];
  const label = version !== undefined && version.length > MOST ? `${version.slice(0, MOST - 1)}…` : version;
  return [[status, ...size].join(' · '), ...(label === undefined ? [] : [label])];
}

function outline(
  context: CanvasRenderingContext2D,
  corners: [Point, Point, Point, Point],
  age: TileAge | undefined,
  { steps, language, details }: Look,
): void {
  const colour = ageColour(age?.age, steps);
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
  const [a, b, c, d] = corners;
  context.save();
  // Draw no part of the edge beyond this tile.
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
  if (!details || Math.hypot(b.x - a.x, b.y - a.y) < 120) return;
  context.font = '500 11px system-ui, sans-serif';
  for (const [i, line] of detailsOf(age).entries()) {
    context.strokeText(line, x, y + 16 + 13 * i);
    context.fillText(line, x, y + 16 + 13 * i);
  }
}

/** Draws a coloured line on a white one, which is visible on any map. */
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
