export { bindSource, type SourceOptions } from './adapters/maplibre';
export { bindImageSource, type ImageSourceOptions } from './adapters/maplibre-image';
export type { ImageBinding, ImageBindingOptions } from './adapters/image-binding';
export { versionedRequests, type VersionedRequestsOptions } from './adapters/versioned-requests';
export { showTileAges, type TileAgesOptions, type TileAges } from './adapters/tile-ages';
export type { TileAge } from './adapters/tile-age';
export type { BindingClient } from './adapters/binding-client';
export type { Binding, BindingOptions } from './adapters/binding';
export type { MapRequest, MapView, TileBox, TileSupply } from './adapters/supply';
