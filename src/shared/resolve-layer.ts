import type { LayerOptions, ResolvedLayer } from './layer-options';
import { isNamed, SECRET_PARAMS } from './secrets';
import { parseTemplate } from './template';
import { HIGHEST_ZOOM, MAX_ZOOM } from './tile';
import { flag, integer, list, readLayerName, record, refuse, rule, text, word, type Read } from './validate';

/** The template of layers whose options have none. */
export const DEFAULT_TEMPLATE = '/tiles/{layer}/*';
/** The paths of an archive layer's TileJSON, and of the version manifest of all archives. */
export const ARCHIVE_TEMPLATES = ['/tiles/{layer}.json', '/tiles/{layer}/version.json'] as const;

const CODE = 'INVALID_OPTION';
const seconds = (min: number, max: number, must: string) =>
  rule<number>((value) => typeof value === 'number' && value >= min && value <= max, `${must} seconds`);
const finite = seconds(0, Number.MAX_SAFE_INTEGER, 'finite, 0 or more');
/** Ten years in seconds. A longer lifetime is a mistake, or is in milliseconds. */
const TEN_YEARS = 10 * 365 * 86_400;
const lifetime: Read<number> = (value, field, code) => {
  const given = finite(value, field, code);
  if (given > TEN_YEARS)
    refuse(code, field, `at most ten years, in seconds`, `Are these milliseconds? In seconds it is ${given / 1000}.`);
  return given;
};
const count = integer(1);
const name = text(/^[^\p{Cc}\p{Cs}]{1,128}$/u, 'a name of 1 to 128 characters');
const names = list(name, 0, 64);

const HEADER = text(/^[\w!#$%&'*+.^`|~-]{1,64}$/, 'the name of a header');
const fieldNames: Read<string[]> = (value, field, code) => {
  if (!Array.isArray(value)) refuse(code, field, "true, or a list of header names such as ['Cookie']");
  return lower(list(HEADER, 0, 64))(value, field, code);
};

const template: Read<string> = (value, field, code) => {
  if (typeof value !== 'string') refuse(code, field, "a string such as '/tiles/{layer}/*'");
  parseTemplate(value, 'https://localhost', field);
  return value;
};
/** The most templates of one layer. */
export const MAX_TEMPLATES = 64;
const templates = list(template, 1, MAX_TEMPLATES);

const lower =
  (read: Read<string[]>): Read<string[]> =>
  (value, field, code) =>
    read(value, field, code).map((item) => item.toLowerCase());

const read = record<LayerOptions>(
  {
    template: (value, field, code) => (Array.isArray(value) ? templates : template)(value, field, code),
    scheme: word('xyz', 'tms'),
    crs: word('EPSG:3857', 'EPSG:4326', 'simple'),
    maxZoom: integer(0, HIGHEST_ZOOM),
    freshness: word('header', 'version'),
    maxAge: lifetime,
    staleWhileRevalidate: lifetime,
    staleIfError: (value, field, code) =>
      value === Infinity
        ? value
        : lifetime(seconds(0, Infinity, '0 or more (or Infinity)')(value, field, code), field, code),
    offline: word('default', 'always'),
    override: flag,
    versionPolicy: word('revalidate', 'serve-stale', 'discard'),
    versionedUrls: flag,
    versionParam: name,
    versionHeader: HEADER,
    settleTime: seconds(0, 3600, '0 to 3600'),
    accept: lower(
      list(text(/^[\w.+-]+\/[\w.+-]+$|^[\w.+-]+\/\*$|^\*\/\*$/, "a content type such as 'image/*'"), 1, 64),
    ),
    ignoreParams: names,
    secretParams: lower(names),
    plainParams: lower(names),
    ignoreVary: (value, field, code) => value === true || fieldNames(value, field, code),
    shareAcrossCredentials: flag,
    opaque: flag,
    maxEntries: count,
    maxBytes: count,
    patience: seconds(0, 3600, '0 to 3600'),
    timeout: seconds(0.001, 3600, '0.001 to 3600'),
    negativeMaxAge: lifetime,
    maxNegativeAge: lifetime,
    concurrency: integer(1, 1024),
    partition: (value, field, code) => {
      if (typeof value !== 'function') return name(value, field, code);
      // Its promise would be one text for all users.
      if (/^async\b/.test(String(value))) refuse(code, field, 'a synchronous function of the request');
      return value as () => undefined;
    },
    archive: text(/^\S{1,8192}$/, 'the URL of an archive'),
  },
  CODE,
);

/**
 * Fills in every default of a layer's options. Throws `INVALID_OPTION` or `INVALID_TEMPLATE`, which names the field
 * (`layers.roads.maxAge`).
 */
export function resolveLayer(name: string, options: LayerOptions = {}, { catchAll = false } = {}): ResolvedLayer {
  const field = `layers.${readLayerName(name, 'layers (a name in it)', CODE)}`;
  const { template = DEFAULT_TEMPLATE, ...given } = read(options, field, CODE);
  const all = typeof template === 'string' ? [template] : template;
  const layer: ResolvedLayer = {
    name,
    templates: given.archive === undefined ? all : [...all, ...ARCHIVE_TEMPLATES],
    archive: undefined,
    scheme: 'xyz',
    crs: 'EPSG:3857',
    maxZoom: MAX_ZOOM,
    freshness: 'header',
    maxAge: catchAll ? 0 : undefined,
    staleWhileRevalidate: catchAll ? 604800 : undefined,
    staleIfError: undefined,
    offline: 'default',
    override: false,
    versionPolicy: 'revalidate',
    versionedUrls: false,
    versionParam: 'v',
    versioned: false,
    versionHeader: 'X-Tile-Version',
    settleTime: 30,
    accept: undefined,
    ignoreParams: [],
    secretParams: SECRET_PARAMS,
    plainParams: [],
    ignoreVary: [],
    shareAcrossCredentials: false,
    opaque: false,
    maxEntries: 20000,
    maxBytes: 268435456,
    patience: 1,
    timeout: undefined,
    negativeMaxAge: 60,
    maxNegativeAge: 3600,
    concurrency: 16,
    partition: undefined,
    ...given,
    catchAll,
  };
  layer.versioned =
    layer.versionedUrls ||
    given.versionParam !== undefined ||
    layer.templates.some((template) => template.includes('{version}'));
  // The version's parameter must not be a secret: versions appear in cache names, headers and beacons.
  if (isNamed(layer.secretParams, layer.versionParam.toLowerCase()))
    refuse(
      CODE,
      `${field}.versionParam`,
      'no secret',
      `Name another, or set secretParams without ${layer.versionParam}.`,
    );
  return layer;
}
