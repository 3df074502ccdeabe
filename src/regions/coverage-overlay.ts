import type { Binding } from '../adapters/binding';
import { createLegend } from '../adapters/legend';
import { cornersOf, createOverlay, type Point } from '../adapters/overlay';
import type { TileCacheClient } from '../page/types';
import type { BBox, TileId } from '../shared/tile';
import { tileBBox } from '../shared/tile-math';

/** Options of `showCoverage`. */
export interface CoverageOptions {
  /** The URL of a tile as the map asks for it, where the worker cannot know. @default that of a region, or the layer's own */
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
  /** Its heading. */
  title: string;
  /** A tile that would be answered. */
  covered: string;
  /** A tile that would not. */
  missing: string;
}

/** The members of a client that `showCoverage` needs. */
export type CoverageClient = Pick<TileCacheClient, 'coverage' | 'on'>;

const TEXTS: CoverageTexts = { title: 'Without a network', covered: 'there', missing: 'missing' };
const COVERED = '#2c7bb6';
const MISSING = '#d7191c';
/** Milliseconds between two questions to the worker. */
const EVERY = 500;

/**
 * Marks the tiles of a bound layer that would be answered without a network, as the worker says; the others are crossed.
 * For the binding of any adapter. The overlay takes no clicks.
 */
export function showCoverage(
  binding: Pick<Binding, 'layer' | 'view' | 'tiles'>,
  client: CoverageClient,
  options: CoverageOptions = {},
): { remove(): void } {
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
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const ask = async () => {
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
    known = new Map(answers.flat().map(({ tile, covered }) => [idOf(tile), covered]));
    if (!over) redraw();
  };
  /** At most once in a while, and once more after the last call. */
  const askSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      // A worker that does not answer leaves the tiles unmarked.
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

/** Boxes that hold the tiles, by zoom; those on both sides of the antimeridian apart. */
function boxesOf(tiles: readonly TileId[]): Array<{ bounds: BBox; zoom: number }> {
  const groups = new Map<string, TileId[]>();
  for (const tile of tiles) {
    const side = `${tile.z} ${tile.x < 2 ** (tile.z - 1)}`;
    groups.set(side, [...(groups.get(side) ?? []), tile]);
  }
  return [...groups.values()].map((group) => {
    // From the middle of tiles to the middle: an edge touches the next one.
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
  // Not by colour alone.
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
