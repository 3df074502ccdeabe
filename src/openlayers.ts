export { bindLayer, type LayerOptions } from './adapters/openlayers';
export { showTileAges, type TileAgesOptions, type TileAges } from './adapters/tile-ages';
export type { TileAge } from './adapters/age-book';
export type { Binding, BindingClient, BindingOptions } from './adapters/binding';
export type { MapRequest, MapView, TileBox, TileSupply } from './adapters/supply';
