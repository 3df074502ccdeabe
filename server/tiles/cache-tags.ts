/** Returns the cache tag of a layer's tiles and metadata. */
export function layerTag(layer: string): string {
  return `layer:${encodeURIComponent(layer)}`;
}

/** Returns the cache tag of a layer's URLs without z/x/y, which they have in addition to `layerTag`. */
export function metadataTag(layer: string): string {
  return `metadata:${encodeURIComponent(layer)}`;
}

/** The highest zoom with a tag of its own. Higher zooms share this tag. */
export const LAST_ZOOM = 30;

/**
 * Returns the cache tag of a layer's tiles of one zoom, which they have in addition to `layerTag`. Without `zoom`: the
 * tag of the layer's URLs without z/x/y.
 */
export function zoomTag(layer: string, zoom?: number): string {
  return `${layerTag(layer)}:${zoom === undefined ? 'other' : `z${Math.min(LAST_ZOOM, zoom)}`}`;
}

/** Returns every tag of `zoomTag`. Together they cover the same as `layerTag`. */
export function zoomTags(layer: string): string[] {
  return [undefined, ...Array.from({ length: LAST_ZOOM + 1 }, (_, zoom) => zoom)].map((zoom) => zoomTag(layer, zoom));
}
