export { bindTileLayer, type LeafletOptions } from './adapters/leaflet';
export { bindImageOverlay, type OverlayOptions } from './adapters/leaflet-overlay';
export type { ImageBinding, ImageBindingOptions } from './adapters/image-binding';
export { showTileAges, type TileAgesOptions, type TileAges } from './adapters/tile-ages';
export type { TileAge } from './adapters/tile-age';
export type { BindingClient } from './adapters/binding-client';
export type { Binding, BindingOptions } from './adapters/binding';
export type { MapRequest, MapView, TileBox, TileSupply } from './adapters/supply';
