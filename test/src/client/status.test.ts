import { describe, expect, it } from 'vitest';
import type { TileUse } from '../../../src/shared/tile-use';
import { createStatusBoard } from '../../../src/client/status';
import type { ClientStatus } from '../../../src/page/types';
import { createFakeClock } from '../fake-clock';

const use = (x: number, status: TileUse['status'], age: number, layer = 'roads'): TileUse => ({
  layer,
  tile: { z: 9, x, y: 0 },
  status,
  age,
  duration: 1,
  code: 200,
});

function setUp() {
  const clock = createFakeClock();
  const told: ClientStatus[] = [];
  const rest = {
    state: 'active' as ClientStatus['state'],
    offline: false,
    checkedAt: undefined,
    failures: 0,
    versions: {} as Record<string, string>,
  };
  const board = createStatusBoard(
    clock,
    () => rest,
    (status) => told.push(status),
  );
  return { clock, told, rest, board };
}

describe('status', () => {
  it('counts recently used tiles, each by its last answer', () => {
    const { board } = setUp();
    board.used([use(1, 'stale', 900), use(2, 'hit', 10), use(3, 'miss', 0), use(4, 'error', 0)]);
    board.used([use(1, 'revalidated', 0)]);
    expect(board.status().layers.roads).toMatchObject({
      counts: { hit: 1, stale: 0, miss: 1, revalidated: 1, error: 1 },
      oldest: 10,
      median: 0,
    });
  });

  it('ages tiles that stay on screen', async () => {
    const { board, clock } = setUp();
    board.used([use(1, 'hit', 60), use(2, 'hit', 10), use(3, 'hit', 20)]);
    await clock.advance(3_600_000);
    expect(board.status().layers.roads).toMatchObject({ oldest: 3660, median: 3620 });
    clock.jump(-7_200_000);
    expect(board.status().layers.roads).toMatchObject({ oldest: 60 });
  });

  it('covers all maps of a layer, until one is removed', () => {
    const { board } = setUp();
    const at = (z: number, x: number, y: number, age: number): TileUse => ({
      ...use(x, 'hit', age),
      tile: { z, x, y },
    });
    const europe = { layer: 'roads', zoom: 4, bbox: [0, 10, 20, 30] as const, map: 'main' };
    const world = { layer: 'roads', zoom: 1, bbox: [-180, -80, 180, 80] as const, map: 'overview' };
    board.used([at(4, 8, 7, 900), at(1, 0, 0, 5), at(4, 0, 0, 5000)]);
    board.viewport(europe);
    board.viewport(world);
    expect(board.status().layers.roads).toMatchObject({ oldest: 900 });
    board.viewport({ ...europe, closed: true });
    expect(board.status().layers.roads).toMatchObject({ oldest: 5 });
  });

  it('uses the recently used tiles if the view has a grid with other tile places', () => {
    const { board } = setUp();
    // Hamburg in degrees: zoom 4 has twice as many columns.
    const hamburg = { layer: 'roads', zoom: 4, bbox: [9, 53, 11, 54] as const, map: 'main' };
    board.used([{ ...use(16, 'hit', 900), tile: { z: 4, x: 16, y: 3 } }]);
    board.viewport({ ...hamburg, crs: 'EPSG:4326' });
    expect(board.status().layers.roads).toMatchObject({ oldest: 900, shown: [{ tile: { z: 4, x: 16, y: 3 } }] });
    board.viewport(hamburg);
    expect(board.status().layers.roads?.shown).toEqual([]);
  });

  it('forgets the least recently used tiles', () => {
    const { board } = setUp();
    board.used([use(-1, 'hit', 9999)]);
    board.used(Array.from({ length: 200 }, (_, x) => use(x, 'hit', 5)));
    expect(board.status().layers.roads).toMatchObject({ counts: { hit: 128 }, oldest: 5 });
  });

  it('lists layers with a version or tiles, and gives those without a version the general one', () => {
    const { board, rest } = setUp();
    rest.versions = { '*': '1', roads: 'r1' };
    board.used([use(1, 'hit', 1, 'places')]);
    const { layers } = board.status();
    expect(Object.keys(layers).sort()).toEqual(['places', 'roads']);
    expect([layers.places?.version, layers.roads?.version]).toEqual(['1', 'r1']);
    expect(layers.roads).toMatchObject({ oldest: undefined, median: undefined });
  });

  it('emits changes in batches, and nothing without a change', async () => {
    const { board, clock, told, rest } = setUp();
    for (let i = 0; i < 10; i++) board.used([use(i, 'hit', 0)]);
    board.touch();
    await clock.advance(1000);
    expect(told).toHaveLength(1);
    rest.offline = true;
    board.touch();
    await clock.advance(250);
    board.touch();
    await clock.advance(250);
    // The tiles are a second older by now.
    expect(told.map(({ offline }) => offline)).toEqual([false, true]);
  });

  it('marks a layer as updating until a good tile arrives, or for half a minute', async () => {
    const { board, clock, told } = setUp();
    board.updating('roads');
    expect(board.status().layers.roads?.updating).toBe(true);
    board.used([use(1, 'stale', 5)]);
    expect(board.status().layers.roads?.updating).toBe(true);
    board.used([use(1, 'miss', 0)]);
    expect(board.status().layers.roads?.updating).toBe(false);
    board.updating('places');
    await clock.advance(31_000);
    expect(told.at(-1)?.layers.places?.updating).toBe(false);
  });
});
