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
 * Checks an invalidation that came in a message. If it throws, nothing has been applied. Throws `INVALID_MESSAGE`,
 * which names the field, or `UNSUPPORTED_FIELD`.
 */
export function parseInvalidation(data: unknown): Invalidation {
  const { type: _, ...fields } = isRecord(data) ? data : { layer: undefined };
  const invalidation = read(fields, '', 'INVALID_MESSAGE');
  readLayerName(invalidation.layer, 'layer', 'INVALID_MESSAGE');
  // `*` stands for the unnamed layers of a manifest. An invalidation is about one layer.
  if (invalidation.layer === '*')
    refuse('INVALID_MESSAGE', 'layer', 'the name of one layer', 'Send a message for each layer.');
  return invalidation;
}
