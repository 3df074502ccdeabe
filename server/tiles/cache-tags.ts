/** The cache tag of a layer's tiles and metadata. */
export function layerTag(layer: string): string {
  return `layer:${encodeURIComponent(layer)}`;
}

/** The tag that only a layer's URLs without z/x/y bear, besides `layerTag`. */
export function metadataTag(layer: string): string {
  return `metadata:${encodeURIComponent(layer)}`;
}
