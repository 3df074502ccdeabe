export { bindTileLayer, type LeafletOptions } from './adapters/leaflet';
export { bindImageOverlay, type OverlayOptions } from './adapters/leaflet-overlay';
export type { ImageBinding, ImageBindingOptions } from './adapters/image-binding';
export { showTileAges, type TileAgesOptions, type TileAges } from './adapters/tile-ages';
export type { TileAge } from './adapters/age-book';
export type { Binding, BindingClient, BindingOptions } from './adapters/binding';
export type { MapRequest, MapView, TileBox, TileSupply } from './adapters/supply';
