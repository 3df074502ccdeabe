import { describe, expect, it } from 'vitest';
import { createAgeBook } from '../../../src/adapters/age-book';
import { detailsOf, showTileAges } from '../../../src/adapters/tile-ages';
import type { TileUse } from '../../../src/shared/tile-use';

describe('the overlay’s text under a tile’s age', () => {
  it('has the kind of answer, the bytes and the version', () => {
    expect(detailsOf({ age: 3, status: 'hit', version: 'v7', bytes: 12_345 })).toEqual(['hit · 12.3 kB', 'v7']);
    expect(detailsOf({ age: 3, status: 'stale', bytes: 999 })).toEqual(['stale · 999 B']);
    expect(detailsOf({ age: 3, status: 'miss', version: '0123456789abcdef' })).toEqual(['miss', '0123456789a…']);
  });

  it('comes from the worker’s messages, and survives a background validation', () => {
    let tell: (batch: { uses: TileUse[]; validations?: object[] }) => void = () => {};
    const client = { on: (_: string, listener: typeof tell) => ((tell = listener), () => {}) };
    const book = createAgeBook(client as never, 'roads', () => 0);
    const tile = { z: 1, x: 0, y: 0 };
    tell({
      uses: [{ layer: 'roads', tile, status: 'stale', age: 9, version: 'v1', duration: 1, code: 200, bytes: 70 }],
    });
    expect(book.of(tile)).toMatchObject({ bytes: 70, status: 'stale' });
    tell({ uses: [], validations: [{ layer: 'roads', tile, status: 'stale', duration: 1, failed: false }] });
    expect(book.of(tile)).toMatchObject({ bytes: 70, status: 'revalidated', version: 'v1' });
  });
});

it.each([[[60, 60, 120]], [[0, 1, 2]], [[60, 3600]], [[60, 3600, NaN]], [[60, 3600, Infinity]]])(
  'an overlay refuses the steps %j',
  (steps) => {
    expect(() => showTileAges({} as never, { steps: steps as never })).toThrow(
      expect.objectContaining({ field: 'steps' }),
    );
  },
);
