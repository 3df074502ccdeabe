import { describe, expect, it } from 'vitest';
import { fetchedOf } from '../../../src/adapters/watch-missing';
import type { TileUse, TileValidation } from '../../../src/shared/tile-use';

const use = (rest: Partial<TileUse> = {}): TileUse => ({
  ...{ layer: 'roads', tile: { z: 2, x: 0, y: 0 }, status: 'miss', age: 0, duration: 1, code: 200 },
  ...rest,
});
const validation = (rest: Partial<TileValidation> = {}): TileValidation => ({
  ...{ layer: 'roads', tile: { z: 2, x: 0, y: 0 }, status: 'stale', duration: 1, failed: false },
  ...rest,
});

describe('an answer of the layer’s origin, which makes a binding request all failed tiles at once', () => {
  it.each([
    ['a tile', { uses: [use()] }],
    ['a confirmed tile', { uses: [use({ status: 'revalidated' })] }],
    ['that there is no tile', { uses: [use({ code: 404 })] }],
    ['a validation behind an answer', { uses: [], validations: [validation()] }],
  ])('is %s', (_, news) => {
    expect(fetchedOf('roads', news)).toBe(true);
    expect(fetchedOf('rivers', news)).toBe(false);
  });

  // Each of 24 tiles that got such an answer woke the other 23: some 30 requests a second from one map.
  it.each([
    ['a stored tile', { uses: [use({ status: 'hit' })] }],
    ['a failure that a stored tile hides', { uses: [use({ status: 'revalidated', originFailed: true })] }],
    ['a refusal', { uses: [use({ code: 401 }), use({ code: 403 })] }],
    [
      'an HTML page that was streamed to the map in place of a tile',
      { uses: [use()], validations: [validation({ status: 'miss', failed: true })] },
    ],
  ])('is not %s', (_, news) => expect(fetchedOf('roads', news)).toBe(false));

  it('is a tile beside another layer’s HTML page', () => {
    const validations = [validation({ layer: 'rivers', status: 'miss', failed: true })];
    expect(fetchedOf('roads', { uses: [use()], validations })).toBe(true);
  });
});
