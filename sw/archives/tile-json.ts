import { type Header, tileTypeExt } from 'pmtiles';
import { DEFAULT_TEMPLATE } from '../../src/shared/resolve-layer';
import type { ResolvedLayer } from '../../src/shared/layer-options';

/** Fields of TileJSON 3.0.0 that an archive's metadata may have. */
const FIELDS = ['name', 'description', 'version', 'attribution', 'legend', 'vector_layers', 'encoding', 'fillzoom'];

/** Makes the TileJSON; `url` is its own address, `…/tiles/roads.json`. */
export function tileJson(
  url: string,
  layer: ResolvedLayer,
  header: Header,
  metadata: Record<string, unknown>,
): Record<string, unknown> {
  const known = FIELDS.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]]));
  const { minZoom, maxZoom } = header;
  return {
    tilejson: '3.0.0',
    scheme: layer.scheme,
    tiles: [tilesOf(url, layer, tileTypeExt(header.tileType))],
    ...Object.fromEntries(known),
    ...placeOf(header),
    minzoom: minZoom,
    maxzoom: maxZoom,
  };
}

/**
 * Returns the bounds and center of the tiles. Empty bounds, from a writer that did not know them, would hide every
 * tile: then use the whole world.
 */
function placeOf({ minLon, minLat, maxLon, maxLat, centerLon, centerLat, centerZoom, minZoom, maxZoom }: Header) {
  const wide = minLon < maxLon && minLon >= -180 && maxLon <= 180;
  const tall = minLat < maxLat && minLat >= -90 && maxLat <= 90;
  const known = wide && tall;
  const bounds = known ? [minLon, minLat, maxLon, maxLat] : [-180, -85.051129, 180, 85.051129];
  const inside =
    Math.abs(centerLon) <= 180 && Math.abs(centerLat) <= 90 && centerZoom >= minZoom && centerZoom <= maxZoom;
  return { bounds, ...(inside && { center: [centerLon, centerLat, centerZoom] }) };
}

/** Returns the layer's own template if it has no slots but the tile's; else one beside the TileJSON. */
function tilesOf(url: string, { templates, name }: ResolvedLayer, extension: string): string {
  const own = templates.find(
    (template) => /\{z\}/.test(template) && !/[*{]/.test(template.replace(/\{(z|x|y|-y|layer)\}/g, '')),
  );
  if (!own || own === DEFAULT_TEMPLATE) return `${url.replace(/\.json$/, '')}/{z}/{x}/{y}${extension}`;
  const path = own.replace('{layer}', encodeURIComponent(name));
  return /^\w+:\/\//.test(path) ? path : new URL(url).origin + path;
}
