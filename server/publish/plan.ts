import type { BBox, TileId, ZoomRange } from '../../src/shared/tile';
import { coverAll } from '../../src/shared/range';
import { layerTag, metadataTag } from '../tiles/cache-tags';
import { formOf } from '../tiles/served-tiles';
import { edgeTiles } from '../layers/edge-grid';
import { edgeUrls, type EdgeLayer, tooMany } from '../layers/edge-layer';
import { listedUrls, sampleListed } from './listed';
import type { Publication } from './publication';

import type { Begun, Step } from '../versions/state';

/** The plan of a publication: what changed, and what the CDNs must drop. */
export interface PublicationPlan {
  /** What the publication changed: the whole layer, a part of it, or its metadata. */
  kind: 'layer' | 'bbox' | 'metadata';
  /** The changed range, as the manifest announces it. Absent: the whole layer. */
  range?: NonNullable<Step['range']>;
  /** The boxes that changed, if there are several; `range.bbox` encloses them all. */
  boxes?: readonly BBox[];
  /** The packed list of the tiles that changed, if the publication names tiles; `range` and `boxes` enclose them. */
  list?: string;
  /** Cache tags to purge at the CDN. */
  tags: string[];
  /** URLs to purge one by one instead of the tags, if they are few enough. */
  urls?: string[];
  /** Tags that CDNs dropped for this publication before it was interrupted. */
  dropped?: NonNullable<Begun['dropped']>;
  /** The reason for purging the tags instead of URLs, although the publication names a box. */
  byTag?: string;
}

/** The zooms of a layer that has no `edge.zooms`. */
export const USUAL_ZOOMS: ZoomRange = [0, 14];

/**
 * Decides whether to publish the whole layer, a bounding box or metadata, and what the CDN must drop. `versions`:
 * versions that may be stored at the edge. `served`: forms of tiles that pages have requested. Pure.
 */
export function planPublication(
  { layer, bbox: one, boxes, tiles: list, zooms, scope, tags }: Publication,
  edge: EdgeLayer | undefined,
  versions: readonly string[],
  maxUrls: number,
  served: readonly string[] = [],
): PublicationPlan {
  const bbox = boxes ? coverAll(boxes.map((box) => ({ bbox: box, scope: 'tiles' }))).bbox : one;
  const metadata =
    edge && scope !== 'tiles' ? (edge.metadata ?? []).flatMap((template) => versioned(template, versions)) : [];
  // Purge by URL only without further tags, which have no URLs, and only if there are URLs: an empty list would purge
  // nothing.
  const listed = (urls: string[]) => urls.length > 0 && urls.length <= maxUrls && tags.length === 0 && { urls };
  if (scope === 'metadata') {
    return { kind: 'metadata', range: { scope }, tags: [metadataTag(layer), ...tags], ...listed(metadata) };
  }
  if (!bbox && !zooms) return { kind: 'layer', ...(scope && { range: { scope } }), tags: [layerTag(layer), ...tags] };
  const range = { ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) };
  const whole: PublicationPlan = {
    kind: 'bbox',
    range,
    ...(boxes && { boxes }),
    ...(list !== undefined && { list }),
    tags: [layerTag(layer), ...tags],
  };
  if (!edge || !bbox) return whole;
  if (tags.length > 0) return { ...whole, byTag: 'it names further tags' };
  const tiles =
    list === undefined
      ? urlsOfAll(edge, layer, boxes ?? [bbox], zooms, versions, maxUrls)
      : listedUrls(edge, layer, list, versions, maxUrls);
  if (typeof tiles === 'string') return { ...whole, byTag: tiles };
  const unknown = unknownForm(tiles, served);
  if (unknown !== undefined)
    return { ...whole, byTag: `tiles were served as {z}/{x}/{y}${unknown}, which edge.template does not name` };
  const urls = [...tiles, ...metadata];
  return urls.length > maxUrls ? { ...whole, byTag: tooMany(maxUrls) } : { ...whole, urls };
}

/** Returns the plan that drops a whole layer. */
export const planWhole = ({ layer, tags = [] }: Pick<Publication, 'layer'> & { tags?: string[] }): PublicationPlan => ({
  kind: 'layer',
  tags: [layerTag(layer), ...tags],
});

/** Widens a plan to all tiles of its layer, because any of them may bear the label of a version that was withdrawn. */
export function planMislabelled({ urls: _, ...plan }: PublicationPlan, layer: string): PublicationPlan {
  if (plan.kind === 'layer') return plan;
  const tags = [...new Set([layerTag(layer), ...plan.tags])];
  return { ...plan, tags, byTag: 'tiles may bear the label of a version that was not ready' };
}

/** Returns the URL of each version that may still be stored at the edge. */
function versioned(template: string, versions: readonly string[]): string[] {
  return template.includes('{version}')
    ? versions.map((version) => template.replaceAll('{version}', encodeURIComponent(version)))
    : [template];
}

function urlsOfAll(
  edge: EdgeLayer,
  layer: string,
  boxes: readonly BBox[],
  zooms: ZoomRange | undefined,
  versions: readonly string[],
  maxUrls: number,
): string[] | string {
  const all = new Set<string>();
  for (const bbox of boxes) {
    const urls = boxUrls(edge, layer, bbox, zooms, versions, maxUrls);
    if (typeof urls === 'string') return urls;
    for (const url of urls) all.add(url);
  }
  return all.size > maxUrls ? tooMany(maxUrls) : [...all];
}

/** Returns every URL of every tile that the box touches, or the reason for not listing them; the tag is purged then. */
function boxUrls(
  edge: EdgeLayer,
  layer: string,
  bbox: BBox,
  zooms: ZoomRange | undefined,
  versions: readonly string[],
  maxUrls: number,
): string[] | string {
  if (!edge.zooms && zooms && zooms[1] > USUAL_ZOOMS[1]) return 'edge.zooms does not say which zooms exist';
  const [min, max] = zoomsOf(edge, zooms);
  if (max < min) return 'none of its zooms exists';
  const { crs = 'EPSG:3857' } = edge;
  const urls: string[] = [];
  for (let zoom = min; zoom <= max; zoom++) {
    const level = edgeTiles(crs, bbox, zoom);
    if (!level) return `a box names no tiles of the grid ${crs}`;
    const one = edgeUrls(edge, layer, level.middle, versions);
    if (!one.urls) return one.why;
    if (urls.length + level.count * one.urls.length > maxUrls) return tooMany(maxUrls);
    for (const tile of level.tiles()) {
      const each = edgeUrls(edge, layer, tile, versions);
      if (!each.urls) return each.why;
      urls.push(...each.urls);
    }
  }
  return urls;
}

/** Returns a pixel ratio or format that pages receive but no listed URL has. A purge by URL would miss those copies. */
function unknownForm(urls: readonly string[], served: readonly string[]): string | undefined {
  const known = new Set(urls.map((url) => formOf(new URL(url, 'https://tiles.invalid').pathname)));
  return known.has(undefined) || known.size === 0 ? undefined : served.find((form) => !known.has(form));
}

/** Returns the zooms that changed and exist. There are none if the second number is below the first. */
export function zoomsOf({ zooms: known }: EdgeLayer, zooms: ZoomRange | undefined): readonly [number, number] {
  if (!known || !zooms) return zooms ?? known ?? USUAL_ZOOMS;
  return [Math.max(known[0], zooms[0]), Math.min(known[1], zooms[1])];
}

export const WORLD: BBox = [-180, -85, 180, 85];

/** Returns a few tiles that the publication changed, from low to high zoom, in the middle of its box. */
export function sampleTiles({ range, boxes, list }: PublicationPlan, edge: EdgeLayer, count: number): TileId[] {
  if (list !== undefined) return sampleListed(list, edge, count);
  const [min, max] = zoomsOf(edge, range?.zooms);
  const length = Math.max(0, Math.min(count, max - min + 1));
  const zooms = Array.from({ length }, (_, i) =>
    length === 1 ? max : Math.round(min + (i * (max - min)) / (length - 1)),
  );
  // Take one of several boxes: the middle of the box around them may lie in none.
  const box = boxes?.[0] ?? range?.bbox ?? edge.bounds ?? WORLD;
  return zooms.flatMap((zoom) => edgeTiles(edge.crs ?? 'EPSG:3857', box, zoom)?.middle ?? []);
}
