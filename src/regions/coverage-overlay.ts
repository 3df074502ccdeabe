import type { Binding } from '../adapters/binding';
import { createLegend } from '../adapters/legend';
import { cornersOf, createOverlay, type Point } from '../adapters/overlay';
import type { TileCacheClient } from '../page/types';
import type { BBox, TileId } from '../shared/tile';
import { tileBBox } from '../shared/tile-math';
import { refuseUnknown } from '../shared/validate';

/** Options of `showCoverage`. */
export interface CoverageOptions {
  /** The tile URL that the map requests, if the worker cannot know it. @default that of a region, or the layer's own */
  template?: string;
  /** Texts of the legend. @default English ones */
  texts?: Partial<CoverageTexts>;
  /** Show the legend. @default true */
  legend?: boolean;
  /** Removes the overlay when it aborts. @default none */
  signal?: AbortSignal;
}

/** Texts of the legend. */
export interface CoverageTexts {
  /** The heading. */
  title: string;
  /** The text for tiles that the worker could answer without a network. */
  covered: string;
  /** The text for the other tiles. */
  missing: string;
}

/** The members of a client that `showCoverage` needs. */
export type CoverageClient = Pick<TileCacheClient, 'coverage' | 'on'>;

const TEXTS: CoverageTexts = { title: 'Without a network', covered: 'there', missing: 'missing' };
const OPTIONS: Record<keyof CoverageOptions, true> = { template: true, texts: true, legend: true, signal: true };
const COVERED = '#2c7bb6';
const MISSING = '#d7191c';
/** Milliseconds between two queries to the worker. */
const EVERY = 500;

/**
 * Shows an overlay that marks the tiles of a bound layer that the worker could answer without a network, and crosses
 * the others out. Works with the binding of any adapter. The overlay lets clicks through. Throws
 * `INVALID_OPTION` for an unknown option.
 */
export function showCoverage(
  binding: Pick<Binding, 'layer' | 'view' | 'tiles'>,
  client: CoverageClient,
  options: CoverageOptions = {},
): { remove(): void } {
  refuseUnknown(options, OPTIONS);
  refuseUnknown(options.texts ?? {}, TEXTS);
  const texts = { ...TEXTS, ...options.texts };
  const legend =
    options.legend === false
      ? undefined
      : createLegend(texts.title, [
          { colour: COVERED, text: texts.covered },
          { colour: MISSING, edge: 'crossed', text: texts.missing },
        ]);
  let known = new Map<string, boolean>();
  let asked = '';
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const ask = async () => {
    const mine = (turn += 1);
    const tiles = binding.tiles();
    const answers = await Promise.all(
      boxesOf(tiles).map(({ bounds, zoom }) =>
        client.coverage({
          layer: binding.layer,
          bounds,
          zooms: [zoom, zoom],
          ...(options.template !== undefined && { template: options.template }),
        }),
      ),
    );
    // A slow worker may have answered a later query already.
    if (mine !== turn) return;
    known = new Map(answers.flat().map(({ tile, covered }) => [idOf(tile), covered]));
    if (!over) redraw();
  };
  /** Queries the worker at most once in a while, and once more after the last call. */
  const askSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      // If the worker does not answer, the tiles stay unmarked.
      if (!over) void ask().catch(() => (asked = ''));
    }, EVERY);
  };

  const { redraw, remove: takeAway } = createOverlay(binding, legend, (context, view) => {
    const tiles = binding.tiles();
    const seen = tiles.map(idOf).join();
    if (seen !== asked) {
      asked = seen;
      askSoon();
    }
    for (const tile of tiles) {
      const covered = known.get(idOf(tile));
      const corners = covered === undefined ? undefined : cornersOf(tile, view);
      if (corners) mark(context, corners, covered!);
    }
  });
  const stops = [client.on('region', askSoon), client.on('used', askSoon), client.on('invalidated', askSoon)];
  redraw();

  const remove = () => {
    over = true;
    clearTimeout(timer);
    for (const stop of stops) stop();
    takeAway();
    options.signal?.removeEventListener('abort', remove);
  };
  options.signal?.addEventListener('abort', remove);
  if (options.signal?.aborted) remove();
  return { remove };
}

const idOf = ({ z, x, y }: TileId) => `${z}/${x}/${y}`;

/** Returns boxes that contain the tiles, by zoom, with separate boxes for both sides of the antimeridian. */
function boxesOf(tiles: readonly TileId[]): Array<{ bounds: BBox; zoom: number }> {
  const groups = new Map<string, TileId[]>();
  for (const tile of tiles) {
    const side = `${tile.z} ${tile.x < 2 ** (tile.z - 1)}`;
    groups.set(side, [...(groups.get(side) ?? []), tile]);
  }
  return [...groups.values()].map((group) => {
    // Let the box end in the middle of tiles: if it ended at an edge, it would touch the next tile.
    const middles = group.map((tile) => {
      const [west, south, east, north] = tileBBox(tile);
      return [(west + east) / 2, (south + north) / 2] as const;
    });
    const [longitudes, latitudes] = [middles.map(([x]) => x), middles.map(([, y]) => y)];
    const bounds: BBox = [
      Math.min(...longitudes),
      Math.min(...latitudes),
      Math.max(...longitudes),
      Math.max(...latitudes),
    ];
    return { bounds, zoom: group[0]!.z };
  });
}

function mark(context: CanvasRenderingContext2D, [a, b, c, d]: [Point, Point, Point, Point], covered: boolean): void {
  context.beginPath();
  for (const { x, y } of [a, b, c, d]) context.lineTo(x, y);
  context.closePath();
  context.globalAlpha = 0.25;
  context.fillStyle = covered ? COVERED : MISSING;
  context.fill();
  context.globalAlpha = 1;
  if (covered) return;
  // Do not rely on colour alone.
  context.beginPath();
  for (const [from, to] of [
    [a, c],
    [b, d],
  ] as const) {
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
  }
  context.strokeStyle = MISSING;
  context.lineWidth = 2;
  context.stroke();
}
