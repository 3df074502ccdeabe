import Map from 'ol/Map.js';
import View from 'ol/View.js';
import MVT from 'ol/format/MVT.js';
import TileLayer from 'ol/layer/Tile.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import 'ol/ol.css';
import { fromLonLat } from 'ol/proj.js';
import VectorTileSource from 'ol/source/VectorTile.js';
import XYZ from 'ol/source/XYZ.js';
import { Circle, Fill, Stroke, Style, Text } from 'ol/style.js';
import type { StyleFunction } from 'ol/style/Style.js';
import { bindLayer, showTileAges } from 'sw-tile-cache/openlayers';
import { createClient } from './client';
import './demo.css';
import { MAX_TILE_ZOOM } from './layers';
import { createMiniPanel } from './mini-panel';

const WAVES = ['#0b4a54', '#b8336a', '#2f6f1f', '#5b3fa8'];
const WAVES_DARK = ['#7fd6df', '#ff8fb7', '#a5e08a', '#c3b1ff'];
const LEVELS: Record<string, string> = { watch: '#f2b632', warning: '#f07f2e', emergency: '#dd3b5a' };

const dark = matchMedia('(prefers-color-scheme: dark)');

const placeStyle: StyleFunction = (feature) => {
  const [ink, paper] = dark.matches ? ['#e6edf0', '#10191f'] : ['#1c2a33', '#fffdf8'];
  const { name, population, wave } = feature.getProperties();
  return new Style({
    image: new Circle({
      radius: Math.max(3, Math.log10(population) * 2 - 7),
      fill: new Fill({ color: (dark.matches ? WAVES_DARK : WAVES)[wave]! }),
      stroke: new Stroke({ color: paper, width: 1.2 }),
    }),
    text: new Text({
      text: name,
      textAlign: 'left',
      offsetX: 9,
      font: '13px system-ui, sans-serif',
      fill: new Fill({ color: ink }),
      stroke: new Stroke({ color: paper, width: 3 }),
    }),
    zIndex: population,
  });
};
const zoneStyle: StyleFunction = (feature) => {
  const colour = LEVELS[feature.get('level')] ?? LEVELS.watch!;
  return new Style({ fill: new Fill({ color: `${colour}6b` }), stroke: new Stroke({ color: colour, width: 1.6 }) });
};

function vectorLayer(layer: string, style: StyleFunction, declutter = false): VectorTileLayer {
  return new VectorTileLayer({
    source: new VectorTileSource({ format: new MVT(), url: `/tiles/${layer}/{z}/{x}/{y}.pbf`, maxZoom: MAX_TILE_ZOOM }),
    style,
    declutter,
    // Without the origin, draw stored tiles of lower zooms in place of missing ones.
    preload: Infinity,
  });
}

const client = await createClient();

const layers = [
  new TileLayer({
    className: 'ol-layer pictures',
    source: new XYZ({
      url: '/tiles/political/{z}/{x}/{y}.png',
      maxZoom: MAX_TILE_ZOOM,
      attributions: 'Made with Natural Earth, GeoNames',
    }),
  }),
  vectorLayer('flood_zones', zoneStyle),
  vectorLayer('places', placeStyle, true),
];
const map = new Map({ target: 'map', layers, view: new View({ center: fromLonLat([8, 47]), zoom: 4.4, maxZoom: 9 }) });
dark.addEventListener('change', () => layers.forEach((layer) => layer.changed()));
const bindings = layers.map((layer) => bindLayer(layer, client));

let ages: ReturnType<typeof showTileAges> | undefined;
createMiniPanel('OpenLayers', ['flood_zones', 'places', 'political'], client, (on) => {
  if (on) ages = showTileAges(bindings[2]!);
  else ages?.remove();
});
Object.assign(window, { demo: { map, client } });
