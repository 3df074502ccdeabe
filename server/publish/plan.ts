import { countTiles, tileBounds, tilesIn } from '../../src/shared/tile-math';
import type { BBox, TileId, ZoomRange } from '../../src/shared/tile';
import type { Publication } from './publication';
import type { Step } from '../versions/state';

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
  /** Zooms that exist. @default [0, 14], and those that a publication names */
  zooms?: readonly [number, number];
  /** URLs without z/x/y: TileJSON, styles; `{version}` is allowed. A purge by URL leaves out what is not listed. @default [] */
  metadata?: readonly string[];
}

/** The zooms of a layer that nobody described. */
const USUAL_ZOOMS: ZoomRange = [0, 14];

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

/** Decides between the whole layer, a bounding box and metadata, and what the CDN is to drop. `versions`: those that may lie at the edge. Pure. */
export function planPublication(
  { layer, bbox, zooms, scope, tags }: Publication,
  edge: EdgeLayer | undefined,
  versions: readonly string[],
  maxUrls: number,
): PublicationPlan {
  const metadata =
    edge && scope !== 'tiles' ? (edge.metadata ?? []).flatMap((template) => versioned(template, versions)) : [];
  // Further tags can only be purged as tags, and an empty list of URLs purges nothing.
  const listed = (urls: string[]) => urls.length > 0 && urls.length <= maxUrls && tags.length === 0 && { urls };
  if (scope === 'metadata') {
    return { kind: 'metadata', range: { scope }, tags: [metadataTag(layer), ...tags], ...listed(metadata) };
  }
  if (!bbox && !zooms) return { kind: 'layer', ...(scope && { range: { scope } }), tags: [layerTag(layer), ...tags] };
  const range = { ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) };
  const tiles = edge && bbox ? tileUrls(edge, bbox, zooms, versions, maxUrls) : [];
  return {
    kind: 'bbox',
    range,
    tags: [layerTag(layer), ...tags],
    ...(tiles.length > 0 && listed([...tiles, ...metadata])),
  };
}

/** A versioned URL exists once for each version that may still lie at the edge. */
function versioned(template: string, versions: readonly string[]): string[] {
  return template.includes('{version}')
    ? versions.map((version) => template.replaceAll('{version}', encodeURIComponent(version)))
    : [template];
}

/** Every tile's URL that the box touches; none where they are more than `maxUrls`, or not known: then the tag is purged. */
function tileUrls(
  edge: EdgeLayer,
  bbox: BBox,
  zooms: ZoomRange | undefined,
  versions: readonly string[],
  maxUrls: number,
): string[] {
  // Nobody said which zooms exist, and some of those that changed are beyond the usual.
  if (!edge.zooms && zooms && zooms[1] > USUAL_ZOOMS[1]) return [];
  const [min, max] = zoomsOf(edge, zooms);
  const templates = versioned(edge.template, versions);
  const levels = Array.from({ length: Math.max(0, max - min + 1) }, (_, i) => tileBounds(bbox, min + i, 1));
  const total = levels.reduce((sum, bounds) => sum + countTiles(bounds), 0) * templates.length;
  if (total > maxUrls) return [];
  return levels.flatMap((bounds) =>
    [...tilesIn(bounds)].flatMap((tile) => templates.map((template) => tileUrl(template, tile))),
  );
}

/** The zooms that changed and exist; nothing where the second is below the first. */
function zoomsOf({ zooms: known }: EdgeLayer, zooms: ZoomRange | undefined): readonly [number, number] {
  if (!known || !zooms) return zooms ?? known ?? USUAL_ZOOMS;
  return [Math.max(known[0], zooms[0]), Math.min(known[1], zooms[1])];
}

/** A few tiles that the publication changed, from coarse to fine, in the middle of its box. */
export function sampleTiles({ range }: PublicationPlan, edge: EdgeLayer, count: number): TileId[] {
  const [min, max] = zoomsOf(edge, range?.zooms);
  const length = Math.max(0, Math.min(count, max - min + 1));
  const zooms = Array.from({ length }, (_, i) =>
    length === 1 ? max : Math.round(min + (i * (max - min)) / (length - 1)),
  );
  return zooms.map((zoom) => {
    const { minX, maxX, minY, maxY } = tileBounds(range?.bbox ?? [-180, -85, 180, 85], zoom);
    const size = 2 ** zoom;
    return { z: zoom, x: ((Math.floor((minX + maxX) / 2) % size) + size) % size, y: Math.floor((minY + maxY) / 2) };
  });
}
