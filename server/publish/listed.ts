import type { TileId } from '../../src/shared/tile';
import { decodeTiles, setHolds, type TileSet } from '../../src/shared/tile-set';
import { listedTiles } from '../tiles/listed-tiles';
import { edgeUrls, type EdgeLayer, tooMany } from '../layers/edge-layer';

/** Tiles of a list that are looked through for samples. */
const MOST_LISTED = 1000;

/** A list that was read before. */
const setOf = (list: string): TileSet => decodeTiles(list, 'tiles', 'INVALID_MESSAGE');

/** Every URL of every tile of the list that may exist, or why they cannot be purged one by one. */
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

/** Some of the listed tiles that may exist, of as many zooms as can be, from coarse to fine. */
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

/** Tells whether a list names a tile. */
export const listedIn = (list: string): ((tile: TileId) => boolean) => {
  const set = setOf(list);
  return (tile) => setHolds(set, tile);
};
