import { describe, expect, it } from 'vitest';
import { readRegionSpec } from '../../src/shared/read-region';

const SPEC = { id: 'a', layers: ['roads'], bounds: [1, 2, 3, 4], zooms: [0, 5] };
const day = { layer: 'roads', template: '/tiles/roads/{z}/{x}/{y}?style=day' };

describe('a region’s specification', () => {
  it.each(['0-127', '1-256', '0-511', '256-255', '0-255 ', 'U+0-FF', 0])(
    'refuses glyphs that no map requests: %s',
    (range) => {
      expect(() => readRegionSpec({ ...SPEC, glyphRanges: ['0-255', range] })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', field: 'glyphRanges[1]' }) as Error,
      );
      const glyphRanges = ['0-255', '1024-1279', '65280-65535'];
      expect(readRegionSpec({ ...SPEC, glyphRanges })).toMatchObject({ glyphRanges });
    },
  );

  it.each([
    [['roads', 'roads'], 'layers[1]'],
    [[{ layer: 'roads', ratios: ['', '@2x', ''] }], 'layers[0].ratios[2]'],
    [['roads', day], 'layers[1]'],
    [[day, { ...day, template: '/tiles/roads/{z}/{x}/{y}?style=night' }], 'layers[1]'],
  ])('names each layer once, because its packs are of one kind, and each of its ratios: %j', (layers, field) => {
    expect(() => readRegionSpec({ ...SPEC, layers })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field }) as Error,
    );
  });
});
