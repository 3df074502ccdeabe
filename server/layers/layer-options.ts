import { nearest } from '../../src/shared/nearest';
import { presets } from '../../src/shared/presets';
import { MAX_MANIFEST_LAYERS } from '../../src/shared/parse-manifest';
import type { VersionPolicy } from '../../src/shared/layer-options';
import { integer, isRecord, readLayerName, readVersion, record, refuse, type Read } from '../../src/shared/validate';
import { CODE, endlessSeconds, number, seconds } from '../util/option-readers';
import { readEdge } from './edge-layer';
import { LAST_ZOOM } from '../tiles/cache-tags';
import type { OriginLayer, Stagger } from './origin-layer';

const NAMES = Object.keys(presets) as Array<keyof typeof presets>;

const preset: Read<keyof typeof presets> = (value, field, code) => {
  const known = NAMES.find((name) => name === value);
  if (known) return known;
  const near = typeof value === 'string' ? nearest(value, NAMES) : undefined;
  return refuse(code, field, NAMES.join(' or '), near && `Did you mean ${near}?`);
};

const layer = record<OriginLayer & { versionPolicy?: VersionPolicy }>(
  {
    preset,
    maxAge: seconds,
    staleWhileRevalidate: seconds,
    staleIfError: endlessSeconds,
    negativeMaxAge: seconds,
    sharedMaxAge: seconds,
    version: readVersion,
    stagger: record<Stagger>({ upTo: integer(0, LAST_ZOOM), pause: number(0, 60, '0 to 60 seconds') }, CODE),
    edge: (value, field, code) => {
      const read = readEdge(value, field, code);
      return read.template === undefined ? refuse(code, `${field}.template`, 'given') : read;
    },
    // Only the worker uses this option. It is allowed here because presets contain it.
    versionPolicy: (value) => value as VersionPolicy,
  },
  CODE,
);

/**
 * Checks a layer's options. Throws `INVALID_OPTION`, which names the field: a window that is not a number would become
 * a header that caches misread.
 */
export function checkLayer(value: unknown, field: string): void {
  layer(value, field, CODE);
}

/** Reads all layers by name. */
export const readLayers: Read<Record<string, OriginLayer>> = (value, field, code) => {
  if (!isRecord(value))
    refuse(code, field, 'an object of layers by name', `Give ${field} such as { roads: { preset: 'base' } }.`);
  if (Object.keys(value).length > MAX_MANIFEST_LAYERS) refuse(code, field, `at most ${MAX_MANIFEST_LAYERS} layers`);
  for (const [name, options] of Object.entries(value)) {
    readLayerName(name, `${field} (a name in it)`, code);
    // In messages to the worker, `*` means every layer.
    if (name === '*') refuse(code, `${field}.*`, 'the name of one layer');
    checkLayer(options, `${field}.${name}`);
  }
  return value as Record<string, OriginLayer>;
};
