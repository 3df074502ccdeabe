import { TileCacheError } from './errors';
import type { Invalidation } from './protocol';
import { isInteger, isRecord, MAX_BUFFER, own, readBBox, readLayerName, readRevision, readVersion, readWord, readZooms, refuse } from './validate';

const CODE = 'INVALID_MESSAGE';

const readers: { [K in keyof Required<Invalidation>]: (value: unknown, field: K) => Required<Invalidation>[K] } = {
  layer: (value, field) => readLayerName(value, field, CODE),
  version: (value, field) => readVersion(value, field, CODE),
  bbox: (value, field) => readBBox(value, field, CODE),
  zooms: (value, field) => readZooms(value, field, CODE),
  buffer: (value, field) => (isInteger(value, 0, MAX_BUFFER) ? value : refuse(CODE, field, `an integer from 0 to ${MAX_BUFFER}`)),
  mode: (value, field) => readWord(value, ['purge', 'stale'], field, CODE),
  scope: (value, field) => readWord(value, ['tiles', 'metadata'], field, CODE),
  revision: (value, field) => readRevision(value, field, CODE),
  id: (value, field) =>
    typeof value === 'string' && value.length > 0 && value.length <= 128 ? value : refuse(CODE, field, 'a string of 1 to 128 characters'),
};

/**
 * An invalidation as it came over the wire, checked; nothing of it is applied when this throws.
 * Throws `TileCacheError` INVALID_MESSAGE (the field is named) or UNSUPPORTED_FIELD.
 */
export function parseInvalidation(data: unknown): Invalidation {
  if (!isRecord(data)) refuse(CODE, 'message', 'an object');
  const result: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(data)) {
    if (field === 'type' || value === undefined) continue;
    const read = own(readers, field) as ((value: unknown, field: string) => unknown) | undefined;
    if (!read)
      throw new TileCacheError({
        code: 'UNSUPPORTED_FIELD',
        field: field.slice(0, 64),
        message: `${field.slice(0, 64)} is not a field of an invalidation.`,
        remedy: `Use ${Object.keys(readers).join(', ')}.`,
      });
    result[field] = read(value, field);
  }
  readers.layer(result['layer'], 'layer');
  return result as unknown as Invalidation;
}
