import type { Invalidation } from './invalidation';
import {
  integer,
  isRecord,
  readBBox,
  readLayerName,
  readRevision,
  readScope,
  readVersion,
  readZooms,
  record,
  refuse,
  rule,
  word,
} from './validate';

const read = record<Invalidation>(
  {
    layer: readLayerName,
    version: readVersion,
    bbox: readBBox,
    zooms: readZooms,
    buffer: integer(0, 64),
    mode: word('purge', 'stale'),
    scope: readScope,
    revision: readRevision,
    id: rule(
      (value) => typeof value === 'string' && value !== '' && value.length <= 128,
      'a string of 1 to 128 characters',
    ),
  },
  'UNSUPPORTED_FIELD',
);

/**
 * An invalidation as it came over the wire, checked; nothing of it is applied when this throws.
 * Throws `TileCacheError` INVALID_MESSAGE (the field is named) or UNSUPPORTED_FIELD.
 */
export function parseInvalidation(data: unknown): Invalidation {
  const { type: _, ...fields } = isRecord(data) ? data : { layer: undefined };
  const invalidation = read(fields, '', 'INVALID_MESSAGE');
  readLayerName(invalidation.layer, 'layer', 'INVALID_MESSAGE');
  // In a manifest it stands for layers that are not named; a rule is of one layer.
  if (invalidation.layer === '*')
    refuse('INVALID_MESSAGE', 'layer', 'the name of one layer', 'Send a message for each layer.');
  return invalidation;
}
