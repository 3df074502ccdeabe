import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseInvalidation } from '../../src/shared/parse-invalidation';
import { rangeHolds } from '../../src/shared/range';
import { boxes, layerNames, tiles, versions, zoomRanges } from './arbitraries';

const type = 'CACHE_INVALIDATE';

describe('parseInvalidation', () => {
  it('accepts the plain message of any page', () => {
    expect(parseInvalidation({ type, layer: 'flood_zones', version: '3f2a9c1b' })).toEqual({
      layer: 'flood_zones',
      version: '3f2a9c1b',
    });
    expect(parseInvalidation({ type, layer: 'flood_zones', version: undefined })).toEqual({ layer: 'flood_zones' });
  });

  it('accepts every field, and returns only its own', () => {
    const valid = fc.record(
      {
        layer: layerNames.filter((name) => name !== '*'),
        version: versions,
        bbox: boxes,
        zooms: zoomRanges(30),
        buffer: fc.integer({ min: 0, max: 64 }),
        mode: fc.constantFrom('purge', 'stale'),
        scope: fc.constantFrom('tiles', 'metadata'),
        revision: fc.maxSafeNat(),
        id: fc.string({ minLength: 1, maxLength: 64 }),
      },
      { requiredKeys: ['layer'] },
    );
    fc.assert(
      fc.property(valid, tiles(), (message, tile) => {
        const before = JSON.stringify(message);
        const result = parseInvalidation({ type, ...message });
        expect(JSON.stringify(result)).toBe(JSON.stringify(JSON.parse(before)));
        if (message.bbox) expect(result.bbox).not.toBe(message.bbox);
        expect(typeof rangeHolds(result, tile)).toBe('boolean');
      }),
    );
  });

  test.each<[string, unknown]>([
    ['layer', undefined],
    ['layer', ''],
    ['layer', 5],
    ['layer', '*'],
    ['layer', 'a\nb'],
    ['layer', '\ud800'],
    ['layer', 'a'.repeat(129)],
    ['version', ''],
    ['version', 'a b'],
    ['version', 'ü'],
    ['version', 'a'.repeat(129)],
    ['version', 5],
    ['version', null],
    ['bbox', 'world'],
    ['bbox', [1, 2, 3]],
    ['bbox', [1, 2, 3, 4, 5]],
    ['bbox[0]', [-181, 0, 0, 0]],
    ['bbox[0]', ['1', 0, 0, 0]],
    ['bbox[0]', [null, 0, 0, 0]],
    ['bbox[0]', new Array(4)],
    ['bbox[1]', [0, NaN, 0, 0]],
    ['bbox[1]', [0, -91, 0, 0]],
    ['bbox[1]', [0, 10, 0, 5]],
    ['bbox[2]', [0, 0, Infinity, 0]],
    ['bbox[3]', [0, 0, 0, 91]],
    ['zooms', 5],
    ['zooms', [5]],
    ['zooms[0]', [-1, 5]],
    ['zooms[0]', [7, 5]],
    ['zooms[1]', [0, 31]],
    ['zooms[1]', [0, 1.5]],
    ['buffer', -1],
    ['buffer', 65],
    ['buffer', 0.5],
    ['mode', 'delete'],
    ['scope', 'all'],
    ['revision', -1],
    ['revision', 2 ** 53],
    ['id', ''],
    ['id', 'a'.repeat(129)],
    ['id', {}],
  ])('%s: %j is refused by name', (field, value) => {
    expect(() => parseInvalidation({ type, layer: 'roads', [field.split('[')[0]!]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_MESSAGE',
        field,
        message: expect.stringContaining(field),
        remedy: expect.any(String),
      }),
    );
  });

  test.each([undefined, null, 5, 'roads', [], () => 0])('%s is refused', (data) => {
    expect(() => parseInvalidation(data)).toThrow(expect.objectContaining({ code: 'INVALID_MESSAGE' }));
  });

  it('refuses an unknown field, and suggests the right name', () => {
    const refused = (fields: object) => expect(() => parseInvalidation({ type, layer: 'roads', ...fields }));
    refused({ box: [0, 0, 1, 1] }).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FIELD', field: 'box', remedy: 'Did you mean bbox?' }),
    );
    refused({ zoom: 5 }).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FIELD', field: 'zoom', remedy: 'Did you mean zooms?' }),
    );
    refused({ polygon: undefined }).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_FIELD', field: 'polygon' }));
    refused(JSON.parse('{"__proto__":{"version":"1"}}')).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FIELD', field: '__proto__' }),
    );
    refused({ toString: 'x' }).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_FIELD', field: 'toString' }));
    refused({ ['x'.repeat(9999)]: 1 }).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('x'.repeat(300)) }),
    );
  });

  it('reads no inherited field', () => {
    expect(() => parseInvalidation(Object.create({ layer: 'roads' }))).toThrow(
      expect.objectContaining({ field: 'layer' }),
    );
  });

  it('returns an invalidation or throws one of two errors, whatever the input', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom('type', 'layer', 'version', 'bbox', 'zooms', 'buffer', 'mode'), fc.anything()),
        ),
        (data) => {
          try {
            expect(typeof parseInvalidation(data).layer).toBe('string');
          } catch (error) {
            expect(['INVALID_MESSAGE', 'UNSUPPORTED_FIELD']).toContain((error as { code?: string }).code);
          }
        },
      ),
    );
  });
});
