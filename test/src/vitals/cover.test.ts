import { describe, expect, it } from 'vitest';
import type { TileId } from '../../../src/shared/tile';
import { gapsOf } from '../../../src/vitals/cover';

const tile = (z: number, x: number, y: number) => ({ z, x, y });
const none = () => false;

describe('the missing and blank parts of a view', () => {
  it('counts a tile that is not drawn; a parent or grandparent fills its place', () => {
    const wanted = [tile(4, 5, 5), tile(4, 9, 9)];
    expect(gapsOf({ wanted, drawn: [] }, none)).toEqual({ wanted: 2, missing: 2, blank: 2 });
    expect(gapsOf({ wanted, drawn: [tile(3, 2, 2)] }, none)).toEqual({ wanted: 2, missing: 2, blank: 1 });
    expect(gapsOf({ wanted, drawn: [tile(2, 1, 1), tile(4, 9, 9)] }, none)).toEqual({
      wanted: 2,
      missing: 1,
      blank: 0,
    });
  });

  it('accepts children as a substitute only if they fill the whole place', () => {
    const wanted = [tile(1, 0, 0)];
    const three = [tile(2, 0, 0), tile(2, 1, 0), tile(2, 0, 1)];
    expect(gapsOf({ wanted, drawn: three }, none).blank).toBe(1);
    expect(gapsOf({ wanted, drawn: [...three, tile(2, 1, 1)] }, none).blank).toBe(0);
    const deeper = [tile(3, 2, 2), tile(3, 3, 2), tile(3, 2, 3), tile(3, 3, 3)];
    expect(gapsOf({ wanted, drawn: [...three, ...deeper] }, none).blank).toBe(0);
    expect(gapsOf({ wanted, drawn: [...three, ...deeper.slice(1)] }, none).blank).toBe(1);
  });

  it('works in every copy of the world, and counts no gap for tiles that the origin does not have', () => {
    const wanted = [tile(2, -1, 1), tile(2, 4, 1)];
    expect(gapsOf({ wanted, drawn: [tile(1, -1, 0)] }, none).blank).toBe(1);
    expect(gapsOf({ wanted, drawn: [] }, ({ x }) => x === 3)).toEqual({ wanted: 2, missing: 1, blank: 1 });
    expect(gapsOf({ wanted, drawn: [] }, ({ x }) => x === 0 || x === 3).missing).toBe(0);
  });

  it('identifies a gone tile by its indices at the origin', () => {
    // Large tiles of a zoom less, on a grid that is two tiles wide at zoom 0.
    const cover = {
      wanted: [tile(3, 9, 2), tile(3, 10, 2)],
      drawn: [],
      idOf: ({ z, x, y }: TileId) => tile(z - 1, x, y),
    };
    expect(gapsOf(cover, ({ z, x, y }) => z === 2 && x === 9 && y === 2)).toEqual({ wanted: 2, missing: 1, blank: 1 });
  });
});
