import { countTiles, tileBounds, tilesIn } from '../src/shared/tile-math';
import type { TileId } from '../src/shared/tile';
import type { Publication } from './publication';
import type { Step } from './state';

/** What a publication sets in motion. */
export interface PublicationPlan {
  kind: 'layer' | 'bbox' | 'metadata';
  /** What clients are told that changed; absent: the whole layer. */
  range?: NonNullable<Step['range']>;
  /** Cache tags to purge at the CDN. */
  tags: string[];
  /** URLs to purge one by one instead of the tags, where that is less. */
  urls?: string[];
}

/** How the CDN sees a layer; needed to purge or verify single tiles. */
export interface EdgeLayer {
  /** The tile's URL at the edge: `https://tiles.example/tiles/roads/{z}/{x}/{y}.pbf`, `{version}` is allowed. */
  template: string;
  /** Zooms that exist. @default [0, 14] */
  zooms?: readonly [number, number];
  /** URLs without z/x/y: TileJSON, styles. @default [] */
  metadata?: readonly string[];
}

/** The cache tag of a layer's tiles and metadata. */
export function layerTag(layer: string): string {
  return `layer:${encodeURIComponent(layer)}`;
}

/** The tag that only a layer's URLs without z/x/y bear, besides `layerTag`. */
export function metadataTag(layer: string): string {
  return `metadata:${encodeURIComponent(layer)}`;
}

/** The tile's URL at the edge. */
export function tileUrl(template: string, { z, x, y }: TileId, version = ''): string {
  const values: Record<string, string | number> = { z, x, y, version };
  return template.replace(/\{(z|x|y|version)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

/** Decides between the whole layer, a bounding box and metadata, and what the CDN is to drop. Pure. */
export function planPublication(
  { layer, bbox, zooms, scope, tags }: Publication,
  edge: EdgeLayer | undefined,
  versions: { previous: string | undefined; next: string },
  maxUrls: number,
): PublicationPlan {
  if (scope === 'metadata') {
    return { kind: 'metadata', range: { scope }, tags: [metadataTag(layer), ...tags] };
  }
  if (!bbox && !zooms) return { kind: 'layer', ...(scope && { range: { scope } }), tags: [layerTag(layer), ...tags] };
  const range = { ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) };
  const urls = edge && bbox && tags.length === 0 ? urlsOf(edge, range, versions, maxUrls) : undefined;
  return { kind: 'bbox', range, tags: [layerTag(layer), ...tags], ...(urls && { urls }) };
}

/** Every URL that the box touches, or `undefined` above `maxUrls`: then a tag is less work. */
function urlsOf(
  edge: EdgeLayer,
  { bbox, zooms }: NonNullable<Step['range']>,
  { previous, next }: { previous: string | undefined; next: string },
  maxUrls: number,
): string[] | undefined {
  const [least, most] = edge.zooms ?? [0, 14];
  const levels = [];
  for (let zoom = Math.max(least, zooms?.[0] ?? least); zoom <= Math.min(most, zooms?.[1] ?? most); zoom++) {
    levels.push(tileBounds(bbox!, zoom, 1));
  }
  // A versioned URL exists once for each version that may still lie at the edge.
  const versions = edge.template.includes('{version}') ? [...new Set([next, ...(previous ? [previous] : [])])] : [''];
  const total = levels.reduce((sum, bounds) => sum + countTiles(bounds), 0) * versions.length;
  if (total > maxUrls) return undefined;
  return levels.flatMap((bounds) =>
    [...tilesIn(bounds)].flatMap((tile) => versions.map((version) => tileUrl(edge.template, tile, version))),
  );
}

/** A few tiles that the publication changed, from coarse to fine, in the middle of its box. */
export function sampleTiles({ range }: PublicationPlan, edge: EdgeLayer, count: number): TileId[] {
  const [least, most] = edge.zooms ?? [0, 14];
  const min = Math.max(least, range?.zooms?.[0] ?? least);
  const max = Math.min(most, range?.zooms?.[1] ?? most);
  const zooms = Array.from({ length: Math.max(0, Math.min(count, max - min + 1)) }, (_, i, all = Math.min(count, max - min + 1)) =>
    all === 1 ? max : Math.round(min + (i * (max - min)) / (all - 1)),
  );
  return zooms.map((zoom) => {
    const { minX, maxX, minY, maxY } = tileBounds(range?.bbox ?? [-180, -85, 180, 85], zoom);
    const size = 2 ** zoom;
    return { z: zoom, x: (((Math.floor((minX + maxX) / 2) % size) + size) % size), y: Math.floor((minY + maxY) / 2) };
  });
}
