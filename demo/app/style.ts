import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl';
import { layers, template } from './layers';

export type Scheme = 'light' | 'dark';

interface Palette {
  ocean: string;
  countries: readonly string[];
  border: string;
  coast: string;
  label: string;
  halo: string;
  waves: readonly string[];
  lights: readonly string[];
  raster: { 'raster-brightness-max': number; 'raster-saturation': number; 'raster-opacity': number };
}

const palettes: Record<Scheme, Palette> = {
  light: {
    ocean: '#b9d7e6',
    countries: ['#f3e3c3', '#e6d8ea', '#d5e6cf', '#f5d8c8', '#d9e4f1', '#f1ebb5'],
    border: '#9a8fa3',
    coast: '#5f8fa8',
    label: '#1c2a33',
    halo: '#fffdf8',
    waves: ['#0b4a54', '#b8336a', '#2f6f1f', '#5b3fa8'],
    lights: ['#f59e0b', '#e2583e', '#0ea5a4', '#7c5cff'],
    raster: { 'raster-brightness-max': 1, 'raster-saturation': 0, 'raster-opacity': 1 },
  },
  dark: {
    ocean: '#12222d',
    countries: ['#2c3a40', '#35364a', '#2a4038', '#43363a', '#2b3b4f', '#3d3d2e'],
    border: '#6c7a85',
    coast: '#3d6478',
    label: '#e8eef0',
    halo: '#10191f',
    waves: ['#7fd6df', '#ff8fb7', '#a5e08a', '#c3b1ff'],
    lights: ['#ffd27a', '#ff9d7a', '#8ff0e0', '#c9b8ff'],
    raster: { 'raster-brightness-max': 0.24, 'raster-saturation': 0.55, 'raster-opacity': 0.55 },
  },
};

const levels = { watch: '#f2b632', warning: '#f07f2e', emergency: '#dd3b5a' } as const;

/** Returns the expression that picks a colour by a number from 0 on. */
function pick(property: string, colours: readonly string[]): ExpressionSpecification {
  const cases = colours.flatMap((colour, index) => [index, colour]);
  return ['match', ['get', property], ...cases, colours[0]!] as unknown as ExpressionSpecification;
}

const level = [
  'match',
  ['get', 'level'],
  'watch',
  levels.watch,
  'warning',
  levels.warning,
  levels.emergency,
] as unknown as ExpressionSpecification;

function sources(): Record<string, SourceSpecification> {
  return Object.fromEntries(
    layers.map((layer): [string, SourceSpecification] => [
      layer.id,
      layer.kind === 'raster'
        ? { type: 'raster', tiles: [template(layer)], tileSize: 256, maxzoom: layer.maxZoom }
        : { type: 'vector', tiles: [template(layer)], maxzoom: layer.maxZoom },
    ]),
  );
}

const land = ({ ocean, countries, border, coast, raster }: Palette): LayerSpecification[] => [
  { id: 'ocean', type: 'background', paint: { 'background-color': ocean } },
  { id: 'political', type: 'raster', source: 'political', paint: { ...raster, 'raster-fade-duration': 0 } },
  {
    id: 'countries',
    type: 'fill',
    source: 'basemap',
    'source-layer': 'countries',
    paint: { 'fill-color': pick('colour', countries), 'fill-outline-color': coast },
  },
  {
    id: 'borders',
    type: 'line',
    source: 'basemap',
    'source-layer': 'borders',
    paint: {
      'line-color': border,
      'line-width': ['interpolate', ['linear'], ['zoom'], 2, 0.6, 8, 1.6],
      'line-dasharray': [3, 2],
    },
  },
];

const nightLights = ({ lights }: Palette): LayerSpecification[] => [
  {
    id: 'lights',
    type: 'circle',
    source: 'lights',
    'source-layer': 'lights',
    paint: {
      'circle-color': pick('hue', lights),
      'circle-radius': ['interpolate', ['linear'], ['get', 'size'], 37, 2, 74, 26],
      'circle-blur': 1,
      'circle-opacity': 0.5,
    },
  },
];

const floodZones = (): LayerSpecification[] => [
  {
    id: 'zones',
    type: 'fill',
    source: 'flood_zones',
    'source-layer': 'flood_zones',
    paint: { 'fill-color': level, 'fill-opacity': 0.42 },
  },
  {
    id: 'zone-outlines',
    type: 'line',
    source: 'flood_zones',
    'source-layer': 'flood_zones',
    paint: { 'line-color': level, 'line-width': 1.6 },
  },
];

const places = ({ waves, label, halo }: Palette): LayerSpecification[] => [
  {
    id: 'place-dots',
    type: 'circle',
    source: 'places',
    'source-layer': 'places',
    paint: {
      'circle-color': pick('wave', waves),
      'circle-radius': ['interpolate', ['linear'], ['log10', ['max', ['get', 'population'], 1]], 4, 2, 7.4, 7],
      'circle-stroke-color': halo,
      'circle-stroke-width': 1.2,
    },
  },
  {
    id: 'place-labels',
    type: 'symbol',
    source: 'places',
    'source-layer': 'places',
    layout: {
      'text-field': ['get', 'name'],
      'text-font': ['sans-serif'],
      'text-size': ['interpolate', ['linear'], ['log10', ['max', ['get', 'population'], 1]], 4, 10, 7.4, 15],
      'text-anchor': 'left',
      'text-offset': [0.7, 0],
      'symbol-sort-key': ['-', 0, ['get', 'population']],
      'text-padding': 4,
    },
    paint: { 'text-color': label, 'text-halo-color': halo, 'text-halo-width': 1.4 },
  },
];

/**
 * Returns the map's style: raster tiles for the sea, vector tiles for everything else. Labels use the system's font, so
 * there are no glyph files.
 */
export function mapStyle(scheme: Scheme): StyleSpecification {
  const palette = palettes[scheme];
  return {
    version: 8,
    transition: { duration: 0, delay: 0 },
    sources: sources(),
    layers: [...land(palette), ...nightLights(palette), ...floodZones(), ...places(palette)],
  };
}

/** Returns the style with these sources only. */
export function withSources(style: StyleSpecification, ids: readonly string[]): StyleSpecification {
  return {
    ...style,
    sources: Object.fromEntries(Object.entries(style.sources).filter(([id]) => ids.includes(id))),
    layers: style.layers.filter((layer) => !('source' in layer) || ids.includes(layer.source)),
  };
}

/** The style's layers that use each source. */
export const shownBy: Record<string, readonly string[]> = {
  political: ['political'],
  basemap: ['countries', 'borders'],
  flood_zones: ['zones', 'zone-outlines'],
  places: ['place-dots', 'place-labels'],
  lights: ['lights'],
};
