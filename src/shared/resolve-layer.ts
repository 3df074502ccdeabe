import { TileCacheError } from './errors';
import type { LayerOptions, ResolvedLayer } from './layer-options';
import { nearest } from './nearest';
import { parseTemplate } from './template';
import { isInteger, isLayerName, isRecord, readWord, refuse } from './validate';

/** Where tiles are looked for when nothing is said. */
export const DEFAULT_TEMPLATE = '/tiles/{layer}/*';

/** Names of query parameters that are secrets unless the layer says otherwise; compared without case. */
export const SECRET_PARAMS: readonly string[] =
  'access_token token auth authorization key apikey api_key api-key subscription-key signature sig hmac policy key-pair-id jwt session sessionid password secret x-amz-signature x-amz-credential x-amz-security-token x-goog-signature x-goog-credential'.split(
    ' ',
  );

const CODE = 'INVALID_OPTION';

type Read<T> = (value: unknown, field: string) => T;

const flag: Read<boolean> = (value, field) => (typeof value === 'boolean' ? value : refuse(CODE, field, 'true or false'));

const word =
  <W extends string>(...words: W[]): Read<W> =>
  (value, field) =>
    readWord(value, words, field, CODE);

const seconds =
  (most: number): Read<number> =>
  (value, field) =>
    typeof value === 'number' && value >= 0 && value <= most
      ? value
      : refuse(CODE, field, most < Infinity ? 'a finite number of seconds, 0 or more' : 'a number of seconds, 0 or more (Infinity is allowed)');

const count =
  (most?: number): Read<number> =>
  (value, field) =>
    isInteger(value, 1, most) ? value : refuse(CODE, field, `an integer from 1${most ? ` to ${most}` : ''}`);

const text =
  (pattern: RegExp, must: string): Read<string> =>
  (value, field) =>
    typeof value === 'string' && pattern.test(value) ? value : refuse(CODE, field, must);

const list =
  (read: Read<string>, least: number): Read<readonly string[]> =>
  (value, field) =>
    Array.isArray(value) && value.length >= least && value.length <= 64
      ? value.map((item: unknown, i) => read(item, `${field}[${i}]`))
      : refuse(CODE, field, `a list of ${least} to 64`);

const param = text(/^[^\p{Cc}\p{Cs}]{1,64}$/u, 'the name of a query parameter, 1 to 64 characters');
const template: Read<string> = (value, field) => {
  if (typeof value !== 'string') refuse(CODE, field, "a string such as '/tiles/{layer}/*'");
  parseTemplate(value, 'https://localhost', field);
  return value;
};
const lower = (value: string) => value.toLowerCase();

const readers: { [K in keyof Required<LayerOptions>]: Read<unknown> } = {
  template: (value, field) => (Array.isArray(value) ? list(template, 1)(value, field) : [template(value, field)]),
  scheme: word('xyz', 'tms'),
  freshness: word('header', 'version'),
  maxAge: seconds(Number.MAX_SAFE_INTEGER),
  staleWhileRevalidate: seconds(Number.MAX_SAFE_INTEGER),
  staleIfError: seconds(Infinity),
  override: flag,
  versionPolicy: word('revalidate', 'serve-stale', 'discard'),
  versionedUrls: flag,
  versionParam: param,
  versionHeader: text(/^[\w!#$%&'*+.^`|~-]{1,64}$/, 'the name of a header'),
  accept: (value, field) => list(text(/^([\w.+-]+|\*)\/([\w.+-]+|\*)$/, "a content type such as 'image/png' or 'image/*'"), 1)(value, field).map(lower),
  ignoreParams: list(param, 0),
  secretParams: (value, field) => list(param, 0)(value, field).map(lower),
  shareAcrossCredentials: flag,
  opaque: flag,
  maxEntries: count(),
  maxBytes: count(),
  timeout: (value, field) => (typeof value === 'number' && value > 0 && value <= 3600 ? value : refuse(CODE, field, 'more than 0 and at most 3600 seconds')),
  concurrency: count(1024),
  partition: (value, field) => (typeof value === 'function' ? value : text(/^[^\p{Cc}\p{Cs}]{1,128}$/u, 'a name of 1 to 128 characters or a function')(value, field)),
};

/**
 * A layer's options with every default filled in.
 * Throws `TileCacheError` INVALID_OPTION or INVALID_TEMPLATE; the field is named (`layers.roads.maxAge`).
 */
export function resolveLayer(name: string, options: LayerOptions = {}, { catchAll = false } = {}): ResolvedLayer {
  const field = `layers.${String(name).slice(0, 128)}`;
  if (!isLayerName(name)) refuse(CODE, 'layers', 'named with 1 to 128 characters without control characters');
  if (!isRecord(options)) refuse(CODE, field, 'an object of layer options', `Write ${field}: {} for the defaults.`);
  const given: Partial<Record<string, unknown>> = {};
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(readers, option)) unknown(`${field}.${option}`, option);
    if (value !== undefined) given[option] = readers[option as keyof LayerOptions](value, `${field}.${option}`);
  }
  const { template: templates = [DEFAULT_TEMPLATE], ...rest } = given;
  const layer = {
    name,
    templates,
    scheme: 'xyz',
    freshness: 'header',
    maxAge: catchAll ? 0 : undefined,
    staleWhileRevalidate: catchAll ? 604800 : undefined,
    staleIfError: undefined,
    override: false,
    versionPolicy: 'revalidate',
    versionedUrls: false,
    versionParam: 'v',
    versionHeader: 'X-Tile-Version',
    accept: undefined,
    ignoreParams: [],
    secretParams: SECRET_PARAMS,
    shareAcrossCredentials: false,
    opaque: false,
    maxEntries: 20000,
    maxBytes: 268435456,
    timeout: 10,
    concurrency: 16,
    partition: undefined,
    ...rest,
    catchAll,
  } as ResolvedLayer;
  // A version stands in plain sight: in cache names, headers and beacons.
  if (layer.secretParams.includes(lower(layer.versionParam)))
    refuse(CODE, `${field}.versionParam`, 'no secret parameter', `Set secretParams without '${layer.versionParam}', or name another versionParam.`);
  return layer;
}

function unknown(field: string, option: string): never {
  const near = nearest(option, Object.keys(readers));
  throw new TileCacheError({
    code: CODE,
    field,
    message: `${field} is no layer option.`,
    remedy: near ? `Did you mean '${near}'?` : `Use ${Object.keys(readers).join(', ')}.`,
  });
}
