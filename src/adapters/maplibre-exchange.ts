import type { Map as MapLibreMap, MapSourceDataEvent } from 'maplibre-gl';
import { tileKey, tileOfKey } from '../screen/tile-key';
import { FailedTile } from './failed-tile';
import { OutdatedTile, fetchChanged, isGone } from './load-image';
import { type LoadGate, type LoadingSource, gateLoads } from './maplibre-loads';
import { createCuts } from './maplibre-cuts';
import { type TileLike, type TileSource, dropHidden, originsInView, tileRequest } from './maplibre-tiles';
import { createSwapper, type Swapper } from './swapper';
import { type Turn, type Turns, tileByTile } from './turns';

/** Exchanges the changed tiles of a source. */
export interface Exchange {
  swapper: Swapper;
  /** Prepares the source for tiles that have changed. If tiles appear together, holds its loads back from now on. */
  prepare(from: TileSource): void;
  /** Lets the source load normally again. */
  release(): void;
}

/**
 * Creates an exchange. It first fetches each tile into the cache, and then refreshes it, because MapLibre removes a
 * tile whose refresh fails.
 */
export function createExchange(
  map: MapLibreMap,
  sourceId: string,
  source: () => TileSource | undefined,
  turns: Turns,
): Exchange {
  const matching = (key: string) => originsInView(map, sourceId).get(key) ?? [];
  const cuts = createCuts();

  const settled = async (key: string, signal: AbortSignal, busy: (tile: TileLike) => boolean) => {
    while (!signal.aborted && matching(key).some(busy)) await newsOf(map, sourceId, signal);
  };

  /**
   * If the tile left the view in the meantime, drop it from MapLibre's hidden tiles: it would come back with its old
   * bytes.
   */
  const dropLeft = (key: string) => dropHidden(map, sourceId, (tile) => tileKey(tile) === key);

  let gated: { of: TileSource; loads: LoadGate } | undefined;
  /** Returns the gate of a source, which holds its loads back if tiles appear together. */
  const gateOf = (from: TileSource): LoadGate => {
    if (gated?.of === from) return gated.loads;
    gated?.loads.release();
    gated = { of: from, loads: gateLoads(from as unknown as LoadingSource, turns) };
    return gated.loads;
  };
  const refresh = async (from: TileSource, key: string, turn: Turn, goes: boolean) => {
    const canonicals = matching(key).map(({ tileID }) => tileID.canonical);
    const run = () => map.refreshTiles(sourceId, canonicals);
    if (turns === tileByTile) return run();
    const loads = await gateOf(from).collect(run);
    const fails = loads.failed && !goes;
    if (fails || !(await turn(loads.show))) loads.forget();
    if (fails) throw new Error('MapLibre could not load the tile.');
  };

  const swapper = createSwapper(async (key, signal, turn) => {
    // A tile that is loading may still receive the old bytes, and MapLibre would not refresh it.
    await settled(key, signal, ({ state }) => state === 'loading');
    const tile = matching(key)[0];
    const from = source();
    if (!from || signal.aborted) return;
    if (!tile) return dropLeft(key);
    let gone = false;
    const request = await tileRequest(map, from, tileOfKey(key), tile.tileID.canonical);
    if (request) {
      const response = await fetchChanged(request.url, { ...request.init, signal });
      gone = isGone(response.status);
      if (!response.ok && !gone) throw new FailedTile(response);
      await response.arrayBuffer();
      if (turns.refuses(key, response.headers)) throw new OutdatedTile();
    }
    if (signal.aborted || source() !== from) return;
    dropLeft(key);
    await refresh(from, key, turn, gone);
    await settled(key, signal, ({ state }) => !['loaded', 'errored', 'unloaded'].includes(state));
    if (gone) {
      // MapLibre draws no frame for a tile with status 404: the old one stayed on the canvas until the map moved.
      map.triggerRepaint();
      return 'gone';
    }
    if (matching(key).some(({ state }) => state === 'errored')) throw new Error('MapLibre could not load the tile.');
  }, turns);

  return {
    swapper,
    prepare(from) {
      cuts.renew(from);
      if (turns !== tileByTile) gateOf(from);
    },
    release() {
      cuts.release();
      gated?.loads.release();
    },
  };
}

/**
 * Resolves when the source reports data, or after a short time: a failed tile fires no event that a listener could hear
 * without hiding the error from the page.
 */
const newsOf = (map: MapLibreMap, sourceId: string, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      map.off('sourcedata', heard);
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const heard = (event: MapSourceDataEvent) => void (event.sourceId === sourceId && done());
    const timer = setTimeout(done, 250);
    map.on('sourcedata', heard);
    signal.addEventListener('abort', done);
  });
