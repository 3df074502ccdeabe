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

/**
 * Creates an exchange. It replaces the drawn tiles that are made of a source tile, once all of the new bytes have
 * arrived.
 */
export function createExchange({ layer, source, screen, loads, turns }: ExchangeParts): Swapper {
  /** Loads the new bytes of a drawn tile. Resolves with `undefined` if there is nothing to exchange. */
  async function renew(map: OLMap, { tile, cacheKey }: Place, key: string, signal: AbortSignal) {
    // A tile with an older key only stands in for one that OpenLayers is already loading.
    if (tile.key !== source.getKey() || tile.getState() === tiles.STATE.IDLE) return undefined;
    if (tiles.isImage(tile)) return newImage(map, source as TileImage, tile, loads.loadOwn(key), signal);
    if (!tiles.isVector(tile)) return undefined;
    const parts = (tile.sourceTiles as tiles.SourceTile[]).filter(
      ({ tileCoord: [z, x, y] }) => tileKey({ z: z!, x: x!, y: y! }) === key,
    );
    const loaded = await Promise.all(
      parts.map(async (part) => {
        const url = featuresUrl(source as tiles.FeatureSource, part, map.getPixelRatio());
        // OpenLayers' own loader does not show headers.
        if (turns.holding) await refuseFeatures(url, (headers) => turns.refuses(key, headers), signal);
        return newFeatures(source as tiles.FeatureSource, part, url, loads.loadOwn(key), signal);
      }),
    );
    return {
      show() {
        for (const { show } of loaded) show();
        // A drawn tile made of parts that had failed does not notice when they arrive.
        const whole = tile.sourceTiles.every((part) => part.getState() === tiles.STATE.LOADED);
        if (whole && tile.getState() === tiles.STATE.ERROR) tiles.tileCache(layer)?.remove(cacheKey);
      },
    };
  }

  return createSwapper(async (key, signal, turn) => {
    const map = screen.map();
    const places = screen.places();
    if (!map || places.length === 0) return tiles.dropAll(layer);
    const all = places.filter(({ ids }) => ids.some((id) => tileKey(id) === key));
    const found = all.filter(({ visible }) => visible);
    // A tile that left the view in the meantime would come back with its old bytes.
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
