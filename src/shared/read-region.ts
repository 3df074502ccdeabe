import { readBounds } from './area';
import type { TileCacheErrorCode } from './errors';
import { MAX_REGION_ZOOM, type CoverageQuery, type RegionLayer, type RegionSpec } from './regions';
import {
  integer,
  isRecord,
  list,
  readBBox,
  readLayerName,
  readZooms,
  record,
  rule,
  text,
  type Read,
  refuse,
} from './validate';

const anyText = (max: number): Read<string> =>
  rule((value) => typeof value === 'string' && value.length > 0 && value.length <= max, `1 to ${max} characters`);
/** Refuses a name that a list has twice: its tiles would be counted twice, and stored once. */
function onlyOnce(names: readonly string[], field: string, code: TileCacheErrorCode, remedy?: string): void {
  const at = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (at > 0) refuse(code, `${field}[${at}]`, 'named only once', remedy);
}

const listOfRatios = list(text(/^(@[1-9]x)?$/, "'' or a ratio such as '@2x'"), 1, 4);
const ratios: Read<string[]> = (value, field, code) => {
  const all = listOfRatios(value, field, code);
  onlyOnce(all, field, code);
  return all;
};
const flag: Read<boolean> = rule((value) => typeof value === 'boolean', 'true or false');

/** True for a range of glyphs as maps request them: a block of 256. */
const isGlyphRange = (value: unknown) => {
  const [, start, end] = /^(\d{1,7})-(\d{1,7})$/.exec(typeof value === 'string' ? value : '') ?? [];
  return start !== undefined && Number(start) % 256 === 0 && Number(end) === Number(start) + 255;
};

export const readRegionId = text(/^(?!\.)[\w.-]{1,64}$/, '1 to 64 characters of A-Z a-z 0-9 . _ -, the first no dot');

const layerRecord = record<RegionLayer>(
  {
    layer: readLayerName,
    template: anyText(2048),
    ratios,
  },
  'INVALID_OPTION',
);
const readLayer: Read<string | RegionLayer> = (value, field, code) => {
  if (typeof value === 'string') return readLayerName(value, field, code);
  const layer = layerRecord(value, field, code);
  readLayerName(layer.layer, `${field}.layer`, code);
  return layer;
};

const zooms: Read<RegionSpec['zooms']> = (value, field, code) => {
  const range = readZooms(value, field, code);
  if (range[1] > MAX_REGION_ZOOM) refuse(code, `${field}[1]`, `at most ${MAX_REGION_ZOOM}`);
  return range;
};

const specRecord = record<RegionSpec>(
  {
    id: readRegionId,
    name: anyText(256),
    layers: list(readLayer, 1, 64),
    bounds: readBounds,
    zooms,
    style: anyText(2048),
    glyphRanges: list(
      rule(isGlyphRange, 'a range of 256 characters such as 0-255 or 1024-1279, as maps request them'),
      1,
      256,
    ),
    maxBytes: integer(1),
    metered: flag,
  },
  'INVALID_OPTION',
);

/** Checks a region's options. Throws `INVALID_OPTION`, which names the field. */
export function readRegionSpec(value: unknown): RegionSpec {
  const code = 'INVALID_OPTION';
  if (!isRecord(value)) refuse(code, 'region', 'an object');
  const spec = specRecord(value, '', code);
  for (const name of ['id', 'layers', 'bounds', 'zooms'] as const)
    if (spec[name] === undefined) refuse(code, name, 'given', `Add ${name}.`);
  const names = spec.layers.map((layer) => (typeof layer === 'string' ? layer : layer.layer));
  // A region keeps one pack of each layer and block.
  onlyOnce(names, 'layers', code, 'Save a second region for its other URLs.');
  return spec;
}

const coverageRecord = record<CoverageQuery>(
  { layer: readLayerName, bounds: readBBox, zooms: readZooms, template: anyText(2048), ratios },
  'INVALID_OPTION',
);

/** Checks a query about coverage. Throws `INVALID_OPTION`, which names the field. */
export function readCoverageQuery(value: unknown): CoverageQuery {
  const query = coverageRecord(value, '', 'INVALID_OPTION');
  for (const name of ['layer', 'bounds', 'zooms'] as const)
    if (query[name] === undefined) refuse('INVALID_OPTION', name, 'given', `Add ${name}.`);
  return query;
}
