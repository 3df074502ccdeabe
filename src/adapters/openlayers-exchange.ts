import type OLMap from 'ol/Map.js';
import type TileImage from 'ol/source/TileImage.js';
import type UrlTile from 'ol/source/UrlTile.js';
import { tileKey } from '../screen/tile-key';
import type { OpenLayersLoads } from './openlayers-loads';
import { featuresUrl, newFeatures, newImage, refuseFeatures } from './openlayers-renew';
import type { OpenLayersScreen, Place } from './openlayers-screen';
import * as tiles from './openlayers-tiles';
import { createSwapper, type Swapper } from './swapper';
import type { Turns } from './turns';

interface ExchangeParts {
  layer: tiles.OLTileLayer;
  source: UrlTile;
  screen: OpenLayersScreen;
  loads: OpenLayersLoads;
  turns: Turns;
}

/** Exchanges the drawn tiles whose bytes come from a tile, once all of its new bytes are there. */
export function createExchange({ layer, source, screen, loads, turns }: ExchangeParts): Swapper {
  /** Loads what is new of a drawn tile; undefined where nothing need be exchanged. */
  async function renew(map: OLMap, { tile, cacheKey }: Place, key: string, signal: AbortSignal) {
    // Tiles of an older key are OpenLayers' own stand-ins for those that it loads already.
    if (tile.key !== source.getKey() || tile.getState() === tiles.STATE.IDLE) return undefined;
    if (tiles.isImage(tile)) return newImage(map, source as TileImage, tile, loads.loadOwn(key), signal);
    if (!tiles.isVector(tile)) return undefined;
    const parts = (tile.sourceTiles as tiles.SourceTile[]).filter(
      ({ tileCoord: [z, x, y] }) => tileKey({ z: z!, x: x!, y: y! }) === key,
    );
    const loaded = await Promise.all(
      parts.map(async (part) => {
        const url = featuresUrl(source as tiles.FeatureSource, part, map.getPixelRatio());
        // OpenLayers' own loader shows no headers.
        if (turns.holding) await refuseFeatures(url, (headers) => turns.refuses(key, headers), signal);
        return newFeatures(source as tiles.FeatureSource, part, url, loads.loadOwn(key), signal);
      }),
    );
    return {
      show() {
        for (const { show } of loaded) show();
        // A drawn tile that was made of parts that had failed already does not hear of their return.
        const whole = tile.sourceTiles.every((part) => part.getState() === tiles.STATE.LOADED);
        if (whole && tile.getState() === tiles.STATE.ERROR) tiles.tileCache(layer)?.remove(cacheKey);
      },
    };
  }

  return createSwapper(async (key, signal, turn) => {
    const map = screen.map();
    if (!map) return;
    const all = screen.places().filter(({ ids }) => ids.some((id) => tileKey(id) === key));
    const found = all.filter(({ visible }) => visible);
    // Panned away meanwhile, it would come back with its old bytes.
    for (const { cacheKey, visible } of all) if (!visible) tiles.tileCache(layer)?.remove(cacheKey).dispose();
    const loaded = (await Promise.all(found.map((place) => renew(map, place, key, signal)))).filter((one) => !!one);
    if (signal.aborted || !found.length) return;
    const shown = await turn(() => {
      for (const { show } of loaded) show();
      layer.changed();
    });
    return shown && loaded.some(({ gone }) => gone) ? 'gone' : undefined;
  }, turns);
}
