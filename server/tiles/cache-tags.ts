/** The cache tag of a layer's tiles and metadata. */
export function layerTag(layer: string): string {
  return `layer:${encodeURIComponent(layer)}`;
}

/** The tag that only a layer's URLs without z/x/y bear, besides `layerTag`. */
export function metadataTag(layer: string): string {
  return `metadata:${encodeURIComponent(layer)}`;
}

/** Tiles of this zoom and of all above it share a tag. */
export const LAST_ZOOM = 30;

/** The tag that a layer's tiles of one zoom bear, besides `layerTag`. Without a zoom: that of its URLs without z/x/y. */
export function zoomTag(layer: string, zoom?: number): string {
  return `${layerTag(layer)}:${zoom === undefined ? 'other' : `z${Math.min(LAST_ZOOM, zoom)}`}`;
}

/** Every tag of `zoomTag`: together they say what `layerTag` says. */
export function zoomTags(layer: string): string[] {
  return [undefined, ...Array.from({ length: LAST_ZOOM + 1 }, (_, zoom) => zoom)].map((zoom) => zoomTag(layer, zoom));
}
