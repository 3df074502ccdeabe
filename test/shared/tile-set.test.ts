import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTiles, MAX_TILES_LENGTH, setHolds } from '../../src/shared/tile-set';
import type { TileId } from '../../src/shared/tile';
import { createTileList } from '../../server/tiles/encode-tiles';
import { listedTiles, outlineOf, zoomsOfSet } from '../../server/tiles/listed-tiles';
import { tiles, zoomRanges } from './arbitraries';

const key = ({ z, x, y }: TileId) => `${z}/${x}/${y}`;
const read = (text: string) => decodeTiles(text, 'tiles', 'INVALID_MANIFEST');

function pack(list: readonly TileId[], zooms?: readonly [number, number]): string {
  const all = createTileList();
  for (const tile of list) all.add(tile);
  return all.pack(zooms);
}

/** Tiles close together, at several zooms: complete quarters, parents and neighbours are frequent. */
const clustered = fc.oneof(
  fc.array(tiles(4), { maxLength: 60 }),
  fc.array(tiles(26), { maxLength: 40 }),
  fc
    .tuple(tiles(20), fc.integer({ min: 0, max: 5 }), fc.array(fc.nat(1023), { maxLength: 200 }))
    .map(([root, depth, places]) =>
      places.map((place) => ({
        z: root.z + depth,
        x: root.x * 2 ** depth + (place % 2 ** depth),
        y: root.y * 2 ** depth + ((place >> 5) % 2 ** depth),
      })),
    ),
);

describe('a list of tiles', () => {
  it('contains exactly the added tiles, in any order, however often', () => {
    fc.assert(
      fc.property(clustered, fc.array(tiles(26), { maxLength: 20 }), (list, others) => {
        const text = pack(list);
        const set = read(text);
        const keys = new Set(list.map(key));
        expect(list.every((tile) => setHolds(set, tile))).toBe(true);
        // Neighbours, parents and children are the likeliest to be mistaken for one.
        const near = list
          .flatMap(({ z, x, y }) => [
            { z, x: x ^ 1, y },
            { z, x, y: y ^ 1 },
            ...(z > 0 ? [{ z: z - 1, x: Math.floor(x / 2), y: Math.floor(y / 2) }] : []),
            { z: z + 1, x: 2 * x, y: 2 * y + 1 },
          ])
          .filter(({ z, x, y }) => Math.max(x, y) < 2 ** z);
        for (const tile of [...near, ...others])
          expect([tile, setHolds(set, tile)]).toEqual([tile, keys.has(key(tile))]);
        expect([...listedTiles(set)].map(key).sort()).toEqual([...keys].sort());
        expect(pack([...list].reverse().concat(list))).toBe(text);
      }),
    );
  });

  it('spread over other zooms contains the parents and everything below', () => {
    fc.assert(
      fc.property(fc.array(tiles(8), { minLength: 1, maxLength: 12 }), zoomRanges(8), tiles(8), (list, zooms, tile) => {
        const related = list.some((named) => {
          const [upper, lower] = named.z < tile.z ? [named, tile] : [tile, named];
          const by = 2 ** (lower.z - upper.z);
          return Math.floor(lower.x / by) === upper.x && Math.floor(lower.y / by) === upper.y;
        });
        const expected = related && tile.z >= zooms[0] && tile.z <= zooms[1];
        expect(setHolds(read(pack(list, zooms)), tile)).toBe(expected);
      }),
    );
  });

  it('has an outline that contains each of its tiles', () => {
    fc.assert(
      fc.property(clustered, (list) => {
        const outline = [...outlineOf(read(pack(list)))];
        const within = ({ z, x, y }: TileId) =>
          outline.some((top) => {
            const by = 2 ** Math.abs(z - top.z);
            const [upper, lower] = z < top.z ? [{ x, y }, top] : [top, { x, y }];
            return Math.floor(lower.x / by) === upper.x && Math.floor(lower.y / by) === upper.y;
          });
        expect(list.every(within)).toBe(true);
      }),
    );
  });

  it('ignores invalid tiles', () => {
    const set = read(pack([{ z: 3, x: 1, y: 2 }]));
    for (const tile of [
      { z: 52, x: 2 ** 50, y: 1 },
      { z: 2, x: 0, y: 1 },
      { z: 4, x: 2, y: 4 },
    ])
      expect(setHolds(set, tile)).toBe(false);
    expect([read(''), zoomsOfSet(read('')), zoomsOfSet(set)]).toEqual([[], undefined, [3, 3]]);
  });

  it('of a million tiles around towns takes less than 200 kB, exactly', () => {
    const list = createTileList();
    const named: TileId[] = [];
    // 400 towns, each dense in the middle and frayed at its edge; the same random numbers each time.
    let seed = 7;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    while (named.length < 1_000_000) {
      const [cx, cy, radius] = [Math.floor(random() * 16_000), Math.floor(random() * 16_000), 20 + random() * 20];
      for (let dx = -40; dx < 40; dx++)
        for (let dy = -40; dy < 40; dy++) {
          const distance = Math.hypot(dx, dy);
          if (distance > radius || (distance > radius - 1 && random() < 0.5)) continue;
          const tile = { z: 14, x: Math.min(16_383, cx + dx + 40), y: Math.min(16_383, cy + dy + 40) };
          list.add(tile);
          named.push(tile);
        }
    }
    const text = list.pack();
    expect(text.length).toBeLessThan(MAX_TILES_LENGTH);
    // Read by a worker, which then asks it for each of 100,000 tiles that it has stored. Time of this process, not of the clock.
    const stored = Array.from({ length: 100_000 }, (_, i) => ({ z: 14, x: (i * 37) % 16_384, y: (i * 101) % 16_384 }));
    const cost = (work: () => void) => {
      const begun = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1000;
    };
    const best = (work: () => void) => Math.min(...Array.from({ length: 5 }, () => cost(work)));
    let set = read(text);
    const reading = best(() => void (set = read(text)));
    const asking = best(() => stored.forEach((tile) => setHolds(set, tile)));
    expect(reading + asking).toBeLessThan(50);
    expect(named.every((tile) => setHolds(set, tile))).toBe(true);
    let count = 0;
    for (const _ of listedTiles(set)) count += 1;
    expect(count).toBe(new Set(named.map(({ x, y }) => x * 16_384 + y)).size);
  });

  it('that would be too long contains more, never less, and stays within 200 kB', () => {
    const list = createTileList();
    const named: TileId[] = [];
    let seed = 3;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let i = 0; i < 60_000; i++) {
      const tile = { z: 18, x: Math.floor(random() * 2 ** 18), y: Math.floor(random() * 2 ** 18) };
      named.push(tile);
      list.add(tile);
    }
    const text = list.pack();
    expect(text.length).toBeLessThanOrEqual(MAX_TILES_LENGTH);
    const set = read(text);
    expect(named.every((tile) => setHolds(set, tile))).toBe(true);
  });

  it('refuses a zoom whose keys are not exact', () => {
    for (const [z, x, y] of [
      [27, 0, 0],
      [3, 8, 0],
      [3, 0, -1],
      [3, 0.5, 0],
      [NaN, 0, 0],
    ] as const)
      expect(() => createTileList().add({ z, x, y })).toThrow(expect.objectContaining({ field: 'tile' }));
  });
});

describe('a text that is no list of tiles', () => {
  it('is refused with a reason, or read as some list, whatever it is', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((data) => Buffer.from(data).toString('base64url'));
    const likely = fc
      .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), fc.uint8Array({ maxLength: 60 }))
      .map(([a, b, data]) => Buffer.from([1, Math.min(a, b), Math.max(a, b), ...data]).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(bytes, likely, fc.string()), tiles(), (text, tile) => {
        let set;
        try {
          set = read(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_MANIFEST', field: 'tiles' });
          return;
        }
        expect(setHolds(set, tile)).toBeTypeOf('boolean');
      }),
    );
  });

  const text = (...bytes: number[]) => Buffer.from(bytes).toString('base64url');
  it.each([
    ['!', 'base64url'],
    ['A', 'base64url'],
    [text(2), 'first byte'],
    [text(1, 5, 4), 'zooms are 0 to 30'],
    [text(1, 5), 'zooms are 0 to 30'],
    [text(1, 0, 31), 'zooms are 0 to 30'],
    [text(1, 3, 3), 'cut short'],
    [text(1, 3, 3, 0x0f), 'cut short'],
    [text(1, ...Array.from({ length: 32 }, () => [0, 0]).flat()), 'more than 31 trees'],
  ])('%j: %s', (given, why) => {
    expect(() => read(given)).toThrow(why);
  });
});
