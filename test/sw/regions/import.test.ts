// Imports write tiles while they still read others.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pmtilesOf } from '../../../src/shared/pmtiles-writer';
import { openArchiveFile } from '../../../sw/regions/archive-file';
import { FakeCache } from '../fakes/fake-caches';
import { createRegionWorld, ROADS, type RegionWorld } from './world';

const ZOOMS = [5, 10] as const;
/** Bytes of a tile. No other part of the file has this size. */
const SIZE = 1000;
const bytes = (text: string) => new TextEncoder().encode(text);
/** The tile around 2° E, 54° N. */
const tileAt = (z: number) => {
  const n = 2 ** z;
  const latitude = (54 * Math.PI) / 180;
  return {
    z,
    x: Math.floor((182 / 360) * n),
    y: Math.floor(((1 - Math.asinh(Math.tan(latitude)) / Math.PI) / 2) * n),
  };
};

/** A file with one tile at each zoom, each in a block of its own. */
async function fileOf(body: (zoom: number) => string): Promise<Blob> {
  const zooms = Array.from({ length: ZOOMS[1] - ZOOMS[0] + 1 }, (_, i) => ZOOMS[0] + i);
  const own = {
    id: 'one',
    name: 'One',
    layer: 'roads',
    template: ROADS.template,
    type: 'application/octet-stream',
    bounds: [1.99, 53.99, 2.01, 54.01],
    zooms: ZOOMS,
    savedAt: 1,
    version: '',
  };
  const tiles = zooms.map((zoom) => ({ tile: tileAt(zoom), body: bytes(body(zoom)) }));
  return new Blob(await pmtilesOf(tiles, { tileType: 'unknown', metadata: { 'sw-tile-cache': own } }));
}

afterEach(() => vi.restoreAllMocks());

/** A world whose disk finishes writing packs only when `release` is called. */
function slowDisk() {
  let start = () => {};
  const begun = new Promise<void>((resolve) => (start = resolve));
  let release = () => {};
  const disk = new Promise<void>((resolve) => (release = resolve));
  const { put } = FakeCache.prototype;
  vi.spyOn(FakeCache.prototype, 'put').mockImplementation(async function (this: FakeCache, key, response) {
    if (key.includes('/pack/')) {
      start();
      await disk;
    }
    return put.call(this, key, response);
  });
  return { world: createRegionWorld(), begun, release };
}

const importing = (world: RegionWorld, file: Blob) => world.ask({ action: 'import', file });
/** Lets all work proceed that waits for nothing. */
const idle = async () => {
  for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('an import', () => {
  it('continues to read while a pack is being written', async () => {
    const { world, begun, release } = slowDisk();
    const body = (zoom: number) => `tile ${zoom}`.padEnd(SIZE, '.');
    const file = await fileOf(body);
    let reads = 0;
    const { slice } = file;
    file.slice = (from = 0, to = 0) => {
      if (to - from === SIZE) reads += 1;
      return slice.call(file, from, to);
    };
    const done = importing(world, file);
    await begun;
    await idle();
    // Two packs are being written, one is ready, and one is being read.
    expect(reads).toBe(4);
    release();
    expect(await done).toMatchObject({ state: 'complete', tiles: 6 });
    for (let zoom = 5; zoom <= 10; zoom += 1) {
      const { z, x, y } = tileAt(zoom);
      expect(await world.offline(`/tiles/roads/${z}/${x}/${y}`)).toBe(body(zoom));
    }
  });

  it('that fails rejects only when none of its packs is being written any more', async () => {
    const { world, begun, release } = slowDisk();
    const file = await fileOf((zoom) => (zoom === 6 ? '<!doctype html><title>no tile</title>' : `tile ${zoom}`));
    let ended = false;
    const done = importing(world, file).finally(() => (ended = true));
    done.catch(() => {});
    await begun;
    await idle();
    expect(ended).toBe(false);
    release();
    await expect(done).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'file' });
    expect(world.caches.caches.size).toBe(0);
    expect(await world.ask({ action: 'list' })).toEqual([]);
  });
});

it('reads the tiles of a block in one piece, and a body separately that they share with another block', async () => {
  const z = 10;
  const tileIn = (x: number, y: number) => ({ z, x, y });
  const block = (left: number) => Array.from({ length: 256 }, (_, i) => tileIn(left + (i & 15), 320 + (i >> 4)));
  const sea = bytes('sea'.padEnd(SIZE, '~'));
  const [first, second] = [block(512), block(528)];
  const isSea = ({ x, y }: { x: number; y: number }) => (x + y) % 3 === 0;
  const tiles = [...first, ...second].map((tile) => ({
    tile,
    ...(isSea(tile) ? { body: sea, content: 'sea' } : { body: bytes(`${tile.x} ${tile.y}`.padEnd(SIZE, '.')) }),
  }));
  const file = new Blob(await pmtilesOf(tiles, { tileType: 'unknown', metadata: {} }));
  const archive = await openArchiveFile(file);
  const reads = vi.spyOn(file, 'slice');
  for (const tiles of [first, second]) {
    const { read } = await archive.near(tiles);
    for (const tile of tiles) {
      const own = `${tile.x} ${tile.y}`.padEnd(SIZE, '.');
      expect(new TextDecoder().decode(await read(tile))).toBe(isSea(tile) ? 'sea'.padEnd(SIZE, '~') : own);
    }
  }
  // One read for each block, and one for the body that is in the first block.
  expect(reads).toHaveBeenCalledTimes(3);
});
