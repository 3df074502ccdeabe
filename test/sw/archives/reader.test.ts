import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { PMTiles, tileIdToZxy, type Source } from 'pmtiles';
import { describe, expect, it } from 'vitest';
import { encodeDirectory } from '../../../src/shared/pmtiles-directory';
import { encodeHeader, HEADER_BYTES } from '../../../src/shared/pmtiles-header';
import type { ArchiveTile } from '../../../src/shared/pmtiles-writer';
import { ArchiveError, ArchiveReplaced } from '../../../sw/archives/archive-error';
import type { Archive } from '../../../sw/archives/archive';
import { archiveOf, createArchiveHost, pyramid } from './archive-host';
import { openBytes, openOver } from './open-over';

const tileOf = (id: number) => {
  const [z, x, y] = tileIdToZxy(id);
  return { z, x, y };
};

/** The library's own reader, over the same bytes. */
function library(file: Uint8Array<ArrayBuffer>): PMTiles {
  const source: Source = {
    getKey: () => 'file',
    getBytes: async (offset, length) => ({ data: file.slice(offset, offset + length).buffer }),
  };
  return new PMTiles(source);
}

async function read(archive: Archive, id: number): Promise<Buffer | undefined> {
  const { header } = archive;
  const tile = tileOf(id);
  if (tile.z < header.minZoom || tile.z > header.maxZoom) return undefined;
  const at = await archive.locate(tile);
  return at && Buffer.from(await archive.tile(at));
}

let seed = 11;
const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;

const raster = (): ArchiveTile[] => pyramid('raster', 6, () => 20 + random(300));
/** Returns vector tiles of which some are equal and some are missing. */
const vector = (count: number, pack: (text: string) => Uint8Array = gzipSync): ArchiveTile[] =>
  Array.from({ length: count }, (_, id) => id)
    .filter(() => random(10) > 0)
    .map((id) => {
      const content = random(8) === 0 ? 'sea' : `vector ${id} ${'x'.repeat(random(200))}`;
      return { tile: tileOf(id), body: new Uint8Array(pack(content)), content };
    });

describe('an archive', () => {
  it.each([
    ['raster, nothing compressed', () => archiveOf(raster(), { tileType: 'png', internalCompression: 'none' })],
    ['vector, with leaf directories', () => archiveOf(vector(21_845, Buffer.from), { tileType: 'mvt' })],
    [
      'vector, gzipped, not clustered',
      () => archiveOf(vector(1365).reverse(), { tileType: 'mvt', tileCompression: 'gzip', clustered: false }),
    ],
  ])('%s: every tile is what the library reads', async (_, make) => {
    const file = await make();
    const [ours, theirs] = [await openBytes(file), library(file)];
    const { maxZoom } = ours.header;
    const count = (4 ** (maxZoom + 1) - 1) / 3;
    let found = 0;
    for (let at = 0; at < count; at += 500) {
      const ids = Array.from({ length: Math.min(500, count - at) }, (_, i) => at + i);
      const own = await Promise.all(ids.map((id) => read(ours, id)));
      const other = await Promise.all(ids.map((id) => theirs.getZxy(...tileIdToZxy(id))));
      own.forEach((bytes, i) => {
        const expected = other[i] && Buffer.from(other[i].data);
        if (bytes?.equals(expected ?? Buffer.alloc(0)) !== (expected && true)) expect(bytes).toEqual(expected);
        found += bytes ? 1 : 0;
      });
    }
    expect(found).toBe(ours.header.numAddressedTiles);
    expect(await ours.metadata()).toEqual(await theirs.getMetadata());
  });

  it('requests each directory once, however many of its tiles are read', async () => {
    const host = createArchiveHost(await archiveOf(vector(21_845, Buffer.from), { tileType: 'mvt' }));
    const { archive } = await openOver(host);
    const { leafDirectoryOffset, tileDataOffset } = archive.header;
    const leaves = () =>
      host.asked.filter((range) => {
        const from = Number(/\d+/.exec(range));
        return from >= leafDirectoryOffset && from < tileDataOffset;
      });
    const ids = Array.from({ length: 40 }, (_, i) => 21_500 + i);
    await Promise.all(ids.map((id) => read(archive, id)));
    await Promise.all(ids.map((id) => read(archive, id)));
    expect(leaves()).toHaveLength(new Set(leaves()).size);
    expect(leaves().length).toBeGreaterThan(0);
  });

  it('reads a view with few requests and little waste', async () => {
    const host = createArchiveHost(
      await archiveOf(
        pyramid('view', 6, () => 200 + random(2000)),
        { tileType: 'png' },
      ),
    );
    const { archive } = await openOver(host);
    let wanted = 0;
    for (let look = 0; look < 10; look += 1) {
      const [x, y] = [random(58), random(59)];
      const tiles = Array.from({ length: 20 }, (_, i) => ({ z: 6, x: x + (i % 5), y: y + Math.floor(i / 5) }));
      const sections = await Promise.all(tiles.map((tile) => archive.locate(tile)));
      host.asked = [];
      host.sent = 0;
      await Promise.all(sections.map((section) => archive.tile(section!)));
      wanted = sections.reduce((sum, section) => sum + section![1], 0);
      expect(host.sent).toBeLessThan(1.5 * wanted);
      expect(host.asked.length).toBeLessThanOrEqual(12);
    }
  });
});

describe('a damaged archive', () => {
  const head = {
    metadata: [127, 0],
    leaves: [0, 0],
    tileData: [0, 0],
    addressedTiles: 1,
    tileEntries: 1,
    tileContents: 1,
  } as const;
  const about = { clustered: true, internalCompression: 'none', tileCompression: 'none', tileType: 'png' } as const;
  const where = { zooms: [0, 9], bounds: [-180, -85, 180, 85], center: [0, 0, 0] } as const;

  /** Returns an archive with these directories. */
  function built(root: Uint8Array, leaves: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
    const header = encodeHeader({
      ...head,
      ...about,
      ...where,
      root: [HEADER_BYTES, root.length],
      leaves: [HEADER_BYTES + root.length, leaves.length],
      tileData: [HEADER_BYTES + root.length + leaves.length, 100],
    });
    return new Uint8Array(Buffer.concat([header, root, leaves, Buffer.alloc(100)]));
  }
  const refusal = async (file: Uint8Array<ArrayBuffer>, id = 5): Promise<unknown> => {
    try {
      return await read(await openBytes(file), id);
    } catch (error) {
      return error;
    }
  };

  it('of version 2 is refused, and the error says what to do', async () => {
    const old = new Uint8Array(Buffer.concat([Buffer.from('PM'), Buffer.from([2, 0]), Buffer.alloc(600)]));
    await expect(openBytes(old)).rejects.toThrow('PMTiles version 2: make it version 3');
    // Five bytes do not contain the version.
    const cut = new Uint8Array(Buffer.from('PMTil'));
    await expect(openBytes(cut)).rejects.toThrow('it ends within its header');
  });

  it('whose leaves refer to each other endlessly is refused', async () => {
    // The only entry of this leaf refers to the leaf itself.
    let leaf = encodeDirectory([{ id: 0, offset: 0, length: 5, runLength: 0 }]);
    leaf = encodeDirectory([{ id: 0, offset: 0, length: leaf.length, runLength: 0 }]);
    expect(await refusal(built(leaf, leaf))).toMatchObject({ message: expect.stringContaining('without an end') });
  });

  it.each([
    ['that ends in the middle of a number', new Uint8Array([5, 1, 255])],
    ['that announces more entries than it has', new Uint8Array([255, 255, 255, 255, 127])],
    ['that is empty', new Uint8Array([0])],
    [
      'out of order',
      encodeDirectory([
        { id: 5, offset: 0, length: 1, runLength: 3 },
        { id: 6, offset: 1, length: 1, runLength: 1 },
      ]),
    ],
    ['that points beyond the end', encodeDirectory([{ id: 5, offset: 90, length: 20, runLength: 1 }])],
  ])('with a directory %s is refused', async (_, root) => {
    const answer = await refusal(built(root));
    expect(answer).toMatchObject({ name: 'ArchiveError', message: expect.stringContaining('damaged') });
  });

  it('is refused wherever it is truncated, and never hangs', async () => {
    const file = await archiveOf(pyramid('cut', 4), { tileType: 'png' });
    const cuts = fc.integer({ min: 0, max: file.byteLength - 1 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 0, max: 340 }), async (length, id) => {
        expect(await refusal(file.slice(0, length), id)).toBeInstanceOf(ArchiveError);
      }),
    );
  });

  it('with any byte changed yields an error or a tile, and never hangs', async () => {
    const file = await archiveOf(pyramid('flip', 4), { tileType: 'png' });
    const changes = fc.record({
      at: fc.integer({ min: 0, max: 700 }),
      to: fc.integer({ min: 0, max: 255 }),
      id: fc.integer({ min: 0, max: 340 }),
    });
    await fc.assert(
      fc.asyncProperty(changes, async ({ at, to, id }) => {
        const changed = file.slice();
        changed[at] = to;
        const answer = await refusal(changed, id);
        const fine = answer === undefined || Buffer.isBuffer(answer) || answer instanceof ArchiveError;
        if (!fine) throw answer;
      }),
      { numRuns: 300 },
    );
  });

  it.each([3, 4])(
    'in a compression that the runtime does not support (%i) is refused, and the error names it',
    async (compression) => {
      const file = await archiveOf(pyramid('odd', 2), { tileType: 'png' });
      file[98] = compression;
      const name = compression === 3 ? 'brotli' : 'zstd';
      expect(await refusal(file)).toMatchObject({ message: expect.stringContaining(`cannot decompress ${name}`) });
    },
  );
});

describe('a file that is replaced', () => {
  it.each([{}, { ignoresIfMatch: true }, { noEtag: true }, { weakEtag: true }])(
    'is never read as the previous one: %j',
    async (faults) => {
      const host = createArchiveHost(await archiveOf(pyramid('one', 4), { tileType: 'png' }), faults);
      const { archive } = await openOver(host);
      const at = (await archive.locate({ z: 4, x: 3, y: 3 }))!;
      host.file = await archiveOf(
        pyramid('two', 4, () => 41),
        { tileType: 'png' },
      );
      host.modified = 'Thu, 01 Jan 2026 00:00:01 GMT';
      await expect(archive.tile(at)).rejects.toBeInstanceOf(ArchiveReplaced);
    },
  );

  it('by one without validators is detected by its first bytes', async () => {
    const host = createArchiveHost(await archiveOf(pyramid('one', 4), { tileType: 'png' }), {
      noEtag: true,
      noModified: true,
    });
    const { archive, notices } = await openOver(host);
    expect(notices).toEqual([expect.stringContaining('neither ETag nor Last-Modified')]);
    const at = (await archive.locate({ z: 4, x: 3, y: 3 }))!;
    expect(new TextDecoder().decode(await archive.tile(at))).toContain('one 4/3/3');
    const tiles = pyramid('two', 4);
    tiles[7]!.body = new Uint8Array(41);
    host.file = await archiveOf(tiles, { tileType: 'png' });
    await expect(archive.tile(at)).rejects.toBeInstanceOf(ArchiveReplaced);
  });
});

describe('an answer of a cache in front of the host', () => {
  it.each([
    [undefined, 0],
    ['30', 30],
    // With two caches on the way, the first member counts (RFC 9111 section 5.1).
    ['30, 4', 30],
    ['soon', 0],
    ['4000000000', 2 ** 31],
  ])('confirms the edition at the time that its Age implies: %s', async (age, seconds) => {
    const host = createArchiveHost(await archiveOf(pyramid('one', 1), { tileType: 'png' }));
    const answer = (request: Request) => {
      const response = host.answer(request);
      if (age !== undefined) response.headers.set('age', age);
      return response;
    };
    const { archive } = await openOver({ answer });
    expect(archive.first.confirmedAt).toBe(1_000_000 - seconds * 1000);
  });
});
