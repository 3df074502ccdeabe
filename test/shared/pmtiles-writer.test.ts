import fc from 'fast-check';
import { PMTiles, tileIdToZxy, zxyToTileId, type Source } from 'pmtiles';
import { describe, expect, it } from 'vitest';
import { hilbertId } from '../../src/shared/hilbert';
import { pmtilesOf, type ArchiveInfo, type ArchiveTile } from '../../src/shared/pmtiles-writer';

async function read(parts: Awaited<ReturnType<typeof pmtilesOf>>): Promise<PMTiles> {
  const file = new Blob(parts);
  const source: Source = {
    getKey: () => 'memory',
    getBytes: async (offset, length) => ({ data: await file.slice(offset, offset + length).arrayBuffer() }),
  };
  return new PMTiles(source);
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const tileOf = (id: number) => {
  const [z, x, y] = tileIdToZxy(id);
  return { z, x, y };
};

async function expectAll(tiles: ArchiveTile[], info: ArchiveInfo) {
  const archive = await read(await pmtilesOf(tiles, info));
  for (const { tile, body } of tiles) {
    const found = await archive.getZxy(tile.z, tile.x, tile.y);
    expect(new Uint8Array(found!.data)).toEqual(
      new Uint8Array(await new Blob(['from' in body ? body.blob.slice(body.from, body.to) : body]).arrayBuffer()),
    );
  }
  return archive;
}

describe('hilbertId', () => {
  it('equals the library’s', () => {
    const tiles = fc.integer({ min: 0, max: 26 }).chain((z) => {
      const n = fc.integer({ min: 0, max: 2 ** z - 1 });
      return fc.record({ z: fc.constant(z), x: n, y: n });
    });
    fc.assert(fc.property(tiles, (tile) => void expect(hilbertId(tile)).toBe(zxyToTileId(tile.z, tile.x, tile.y))));
  });
});

describe('pmtilesOf', () => {
  it('writes archives that the library reads, whatever the tiles, clustered or not', async () => {
    const cases = fc.record({
      ids: fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 60 }),
      contents: fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
      clustered: fc.boolean(),
      internalCompression: fc.constantFrom('none' as const, 'gzip' as const),
      form: fc.constantFrom('bytes', 'blob', 'range'),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ ids, contents, form, ...info }) => {
        const all = new Blob(contents);
        const rangeOf = (at: number) => {
          const from = new Blob(contents.slice(0, at)).size;
          return { blob: all, from, to: from + new Blob([contents[at]!]).size };
        };
        const tiles = ids.map((id, at) => {
          const content = contents[at % contents.length]!;
          const whole = form === 'blob' ? new Blob([content]) : bytesOf(content);
          return { tile: tileOf(id), body: form === 'range' ? rangeOf(at % contents.length) : whole, content };
        });
        const archive = await expectAll(tiles, { tileType: 'mvt', ...info });
        const header = await archive.getHeader();
        expect(header.numAddressedTiles).toBe(ids.length);
        expect(header.numTileContents).toBe(new Set(tiles.map(({ content }) => content)).size);
        expect(header.clustered).toBe(info.clustered);
        const missing = tileOf(5001 + Math.min(...ids));
        expect(await archive.getZxy(missing.z, missing.x, missing.y)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('reads adjacent ranges of a Blob as one', async () => {
    const blob = new Blob(['onetwothreefour']);
    const ends = [0, 3, 6, 11, 15];
    const tiles = [1, 2, 3, 4].map((id) => ({ tile: tileOf(id), body: { blob, from: ends[id - 1]!, to: ends[id]! } }));
    const bodies = (await pmtilesOf(tiles, { tileType: 'mvt' })).filter((part) => part instanceof Blob);
    expect(await Promise.all(bodies.map((part) => part.text()))).toEqual(['onetwothreefour']);
    const others = (
      await pmtilesOf(
        tiles.filter((_, at) => at !== 1),
        { tileType: 'mvt' },
      )
    ).slice(-2);
    expect(await new Blob(others).text()).toBe('onethreefour');
  });

  it('makes leaf directories if the root is full, and runs of equal tiles', async () => {
    let seed = 1;
    const random = () => (seed = (seed * 48271) % 2147483647);
    const tiles = Array.from({ length: 20_000 }, (_, id) => ({
      tile: tileOf(id),
      body: bytesOf('x'.repeat(1 + (random() % 400))),
    }));
    const archive = await read(await pmtilesOf(tiles, { tileType: 'png' }));
    const header = await archive.getHeader();
    expect(header.leafDirectoryLength).toBeGreaterThan(0);
    expect(header.rootDirectoryOffset + header.rootDirectoryLength).toBeLessThanOrEqual(16_384);
    for (let at = 0; at < tiles.length; at += 97) {
      const { tile, body } = tiles[at]!;
      expect((await archive.getZxy(tile.z, tile.x, tile.y))!.data.byteLength).toBe(body.byteLength);
    }

    const sea = Array.from({ length: 5000 }, (_, id) => ({ tile: tileOf(id), body: bytesOf('sea'), content: 'sea' }));
    const flat = await expectAll(sea.slice(0, 50), { tileType: 'png' });
    expect((await flat.getHeader()).numTileEntries).toBe(1);
    const parts = await pmtilesOf(sea, { tileType: 'png' });
    expect(new Blob(parts).size).toBeLessThan(400);
  });

  it('keeps header and metadata', async () => {
    const metadata = { name: 'Roads', attribution: '© somebody', vector_layers: [{ id: 'roads', fields: {} }] };
    const archive = await read(
      await pmtilesOf(
        [
          { tile: { z: 3, x: 1, y: 2 }, body: bytesOf('a') },
          { tile: { z: 9, x: 5, y: 6 }, body: bytesOf('b') },
        ],
        { tileType: 'webp', tileCompression: 'none', metadata, bounds: [-10.5, -20, 30.25, 40], center: [1.5, -2, 4] },
      ),
    );
    expect(await archive.getMetadata()).toEqual(metadata);
    expect(await archive.getHeader()).toMatchObject({
      specVersion: 3,
      tileType: 4,
      tileCompression: 1,
      internalCompression: 2,
      minZoom: 3,
      maxZoom: 9,
      minLon: -10.5,
      minLat: -20,
      maxLon: 30.25,
      maxLat: 40,
      centerLon: 1.5,
      centerLat: -2,
      centerZoom: 4,
    });
  });

  it('refuses an empty list, a duplicate, an invalid tile, and one without bytes', async () => {
    const one = { tile: { z: 1, x: 0, y: 0 }, body: bytesOf('a') };
    const info: ArchiveInfo = { tileType: 'png' };
    await expect(pmtilesOf([], info)).rejects.toThrow(RangeError);
    await expect(pmtilesOf([one, one], info)).rejects.toThrow('twice');
    await expect(pmtilesOf([{ ...one, tile: { z: 1, x: 2, y: 0 } }], info)).rejects.toThrow('1/2/0');
    await expect(pmtilesOf([{ ...one, tile: { z: 27, x: 2, y: 0 } }], info)).rejects.toThrow('27/2/0');
    await expect(pmtilesOf([{ ...one, body: new Uint8Array() }], info)).rejects.toThrow('without bytes');
  });
});
