import type { TileId } from '../../src/shared/tile';
import { decodeTiles, setHolds, type TileSet } from '../../src/shared/tile-set';
import { listedTiles } from '../tiles/listed-tiles';
import { edgeUrls, type EdgeLayer, tooMany } from '../layers/edge-layer';

/** Tiles of a list that are examined for samples. */
const MOST_LISTED = 1000;

/** Decodes a list that was already validated. */
const setOf = (list: string): TileSet => decodeTiles(list, 'tiles', 'INVALID_MESSAGE');

/** Returns every URL of every listed tile that may exist, or the reason for not purging them one by one. */
export function listedUrls(
  edge: EdgeLayer,
  layer: string,
  list: string,
  versions: readonly string[],
  maxUrls: number,
): string[] | string {
  const urls = new Set<string>();
  for (const tile of listedTiles(setOf(list), edge.zooms)) {
    const each = edgeUrls(edge, layer, tile, versions);
    if (!each.urls) return each.why;
    for (const url of each.urls) urls.add(url);
    if (urls.size > maxUrls) return tooMany(maxUrls);
  }
  return urls.size > 0 ? [...urls] : 'none of its zooms exists';
}

/** Returns some of the listed tiles that may exist, from as many zooms as possible, from low to high. */
export function sampleListed(list: string, edge: EdgeLayer, count: number): TileId[] {
  const byZoom = new Map<number, TileId[]>();
  let seen = 0;
  for (const tile of listedTiles(setOf(list), edge.zooms)) {
    const same = byZoom.get(tile.z) ?? [];
    if (same.length < count) byZoom.set(tile.z, [...same, tile]);
    if (++seen === MOST_LISTED) break;
  }
  const zooms = [...byZoom].sort(([a], [b]) => a - b).map(([, tiles]) => tiles);
  const turns = Array.from({ length: count }, (_, i) => zooms.flatMap((tiles) => tiles[i] ?? []));
  return turns.flat().slice(0, count);
}

/** Creates a function that returns whether a list names a tile. */
export const listedIn = (list: string): ((tile: TileId) => boolean) => {
  const set = setOf(list);
  return (tile) => setHolds(set, tile);
};
