import type { LayerOptions } from './layer-options';

type Provider = Pick<
  LayerOptions,
  'template' | 'scheme' | 'ignoreParams' | 'secretParams' | 'plainParams' | 'shareAcrossCredentials'
>;

/**
 * Layer options for well-known tile services. Spread one into a layer's options. They ignore a session that changes with
 * every page load, because otherwise every load would start without stored tiles. For terms of use and attributions, see
 * `providerTerms`.
 */
export const providers = {
  maptiler: { template: 'https://api.maptiler.com/*', ignoreParams: ['mtsid'] },
  mapbox: {
    template: ['https://api.mapbox.com/*', 'https://{s}.tiles.mapbox.com/*'],
    ignoreParams: ['sku', 'events', 'fresh', 'secure'],
  },
  /**
   * A session stands for one map type, which nothing else in the URL tells. Use this on pages with one Google map only.
   */
  google: { template: 'https://tile.googleapis.com/v1/2dtiles/{z}/{x}/{y}', ignoreParams: ['session'] },
  osm: {
    template: ['https://tile.openstreetmap.org/{z}/{x}/{y}.png', 'https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png'],
  },
  thunderforest: {
    template: [
      'https://tile.thunderforest.com/*',
      'https://{s}.tile.thunderforest.com/*',
      'https://api.thunderforest.com/*',
    ],
  },
  stadia: { template: ['https://tiles.stadiamaps.com/*', 'https://tiles-eu.stadiamaps.com/*'] },
  /** Azure's map control sends a header that changes with every page load. */
  azure: {
    template: 'https://atlas.microsoft.com/map/tile?zoom={z}&x={x}&y={y}',
    ignoreParams: ['session-id'],
  },
  here: {
    template: [
      'https://maps.hereapi.com/v3/base/mc/{z}/{x}/{y}/*',
      'https://maps.hereapi.com/v3/background/mc/{z}/{x}/{y}/*',
      'https://maps.hereapi.com/v3/label/mc/{z}/{x}/{y}/*',
      'https://vector.hereapi.com/v2/vectortiles/base/mc/{z}/{x}/{y}/*',
    ],
  },
  tomtom: { template: ['https://api.tomtom.com/map/1/*', 'https://{s}.api.tomtom.com/map/1/*'] },
  arcgis: {
    template: [
      'https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}',
      'https://services.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}',
      'https://server.arcgisonline.com/arcgis/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}',
      'https://services.arcgisonline.com/arcgis/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}',
      'https://ibasemaps-api.arcgis.com/arcgis/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}',
    ],
    ignoreParams: ['blankTile'],
  },
  bing: {
    template: [
      'https://ecn.{s}.tiles.virtualearth.net/tiles/a{quadkey}.jpeg',
      'https://{s}.ssl.ak.dynamic.tiles.virtualearth.net/comp/ch/{quadkey}',
    ],
  },
  usgs: { template: 'https://basemap.nationalmap.gov/arcgis/rest/services/USGSTopo/MapServer/tile/{z}/{y}/{x}' },
  carto: { template: ['https://basemaps.cartocdn.com/*', 'https://{s}.basemaps.cartocdn.com/*'] },
  geoapify: { template: 'https://maps.geoapify.com/v1/tile/*' },
  jawg: { template: ['https://tile.jawg.io/*', 'https://{s}.tile.jawg.io/*'] },
  locationiq: { template: ['https://tiles.locationiq.com/v3/*', 'https://{s}-tiles.locationiq.com/v3/*'] },
  tianditu: {
    template: [
      'https://{s}.tianditu.gov.cn/vec_w/wmts*',
      'https://{s}.tianditu.gov.cn/cva_w/wmts*',
      'https://{s}.tianditu.gov.cn/img_w/wmts*',
      'https://{s}.tianditu.gov.cn/cia_w/wmts*',
    ],
  },
  /** Baidu's grid is its own: a box never selects its tiles, and the worker refuses a purge by box. */
  baidu: { template: 'https://{s}.bdimg.com/tile/*', plainParams: ['qt', 'udt', 'styles', 'p'] },
  naver: { template: 'https://map.pstatic.net/nrb/styles/*', plainParams: ['mt'] },
  openweathermap: {
    template: ['https://tile.openweathermap.org/map/*', 'https://maps.openweathermap.org/maps/2.0/weather/*'],
  },
} as const satisfies Record<string, Provider>;

/** The requirements of a tile service. */
export interface ProviderTerms {
  /** Plain text that the map must show. */
  attribution: string;
  /** `false`: the terms forbid downloading areas in advance. */
  bulk: boolean;
  /** URL of the terms. Read them yourself. */
  terms: string;
}

const terms = (attribution: string, url: string, bulk = false): ProviderTerms => ({ attribution, bulk, terms: url });
const OSM = '© OpenStreetMap contributors';

/** Attribution and terms by provider, as known at this release. Only the service's own terms are binding. */
export const providerTerms: Readonly<Record<keyof typeof providers, ProviderTerms>> = {
  maptiler: terms(`© MapTiler ${OSM}`, 'https://www.maptiler.com/terms/'),
  mapbox: terms(`© Mapbox ${OSM}`, 'https://www.mapbox.com/legal/tos'),
  google: terms('© Google', 'https://developers.google.com/maps/documentation/tile/policies'),
  osm: terms(OSM, 'https://operations.osmfoundation.org/policies/tiles/'),
  thunderforest: terms(`Maps © Thunderforest, Data ${OSM}`, 'https://www.thunderforest.com/terms/'),
  stadia: terms(`© Stadia Maps © OpenMapTiles ${OSM}`, 'https://stadiamaps.com/terms-of-service/'),
  azure: terms('© Microsoft © TomTom', 'https://azure.microsoft.com/support/legal/'),
  here: terms('© HERE', 'https://legal.here.com/terms'),
  tomtom: terms('© TomTom', 'https://developer.tomtom.com/terms-and-conditions'),
  arcgis: terms('Powered by Esri', 'https://www.esri.com/en-us/legal/terms/full-master-agreement'),
  bing: terms('© Microsoft', 'https://www.microsoft.com/maps/product/terms.html'),
  usgs: terms('U.S. Geological Survey', 'https://www.usgs.gov/information-policies-and-instructions', true),
  carto: terms(`© CARTO ${OSM}`, 'https://carto.com/legal/'),
  geoapify: terms(`Powered by Geoapify ${OSM}`, 'https://www.geoapify.com/terms-and-conditions/'),
  jawg: terms(`© Jawg ${OSM}`, 'https://www.jawg.io/en/terms/'),
  locationiq: terms(`© LocationIQ ${OSM}`, 'https://locationiq.com/tos'),
  tianditu: terms('天地图', 'https://www.tianditu.gov.cn/'),
  baidu: terms('© Baidu', 'https://lbsyun.baidu.com/index.php?title=open/law'),
  naver: terms('© NAVER', 'https://www.ncloud.com/'),
  openweathermap: terms('© OpenWeather', 'https://openweathermap.org/terms'),
};
