// Malicious archives, and hosts that answer nonsense: the reader soon returns the correct tile or a clear error.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DirectoryEntry, encodeDirectory } from '../../../src/shared/pmtiles-directory';
import { type ArchiveHeader, encodeHeader, FIRST_BYTES, HEADER_BYTES } from '../../../src/shared/pmtiles-header';
import { ArchiveError } from '../../../sw/archives/archive-error';
import { archiveOf, createArchiveHost, labelled, pyramid } from './archive-host';
import { openBytes, openOver } from './open-over';

const HEADER: Omit<ArchiveHeader, 'root' | 'leaves' | 'tileData'> = {
  metadata: [HEADER_BYTES, 0],
  addressedTiles: 1,
  tileEntries: 1,
  tileContents: 1,
  clustered: false,
  internalCompression: 'none',
  tileCompression: 'none',
  tileType: 'mvt',
  zooms: [0, 9],
  bounds: [-180, -85, 180, 85],
  center: [0, 0, 0],
};
const DATA = Buffer.from(Array.from({ length: 100 }, (_, i) => i));

/** Returns an archive with these directories. Fields of `header` replace the true ones. */
function built(
  root: Uint8Array | DirectoryEntry[],
  { leaves = new Uint8Array(), header = {} }: { leaves?: Uint8Array; header?: Partial<ArchiveHeader> } = {},
): Uint8Array<ArrayBuffer> {
  const packed = Array.isArray(root) ? encodeDirectory(root) : root;
  const rest = HEADER_BYTES + packed.length;
  const head = encodeHeader({
    ...HEADER,
    root: [HEADER_BYTES, packed.length],
    leaves: [rest, leaves.length],
    tileData: [rest + leaves.length, DATA.length],
    ...header,
  });
  return new Uint8Array(Buffer.concat([head, packed, leaves, DATA]));
}

const first = { z: 0, x: 0, y: 0 };
const tileOf = async (file: Uint8Array<ArrayBuffer>, tile = first) => {
  const archive = await openBytes(file);
  const at = await archive.locate(tile);
  return at && Buffer.from(await archive.tile(at));
};
const refused = async (work: Promise<unknown>, why: RegExp) => {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(ArchiveError);
  expect((error as ArchiveError).message).toMatch(why);
};

describe('a malicious archive', () => {
  it.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['a leaf without a length', built([{ id: 0, offset: 0, length: 0, runLength: 0 }]), /a directory is empty/],
    [
      'a leaf beyond the leaves',
      built([{ id: 0, offset: 50, length: 10, runLength: 0 }], { leaves: Buffer.alloc(20) }),
      /points behind the end/,
    ],
    [
      'a leaf that is the root',
      built([{ id: 0, offset: 0, length: 5, runLength: 0 }], { header: { leaves: [HEADER_BYTES, 5] } }),
      /without an end/,
    ],
    ['a tile of 2^53 bytes', built([{ id: 0, offset: 0, length: 2 ** 53 - 1, runLength: 1 }]), /behind the end/],
    ['a tile at 2^53', built([{ id: 0, offset: 2 ** 53 - 2, length: 9, runLength: 1 }]), /behind the end/],
    [
      'overlapping runs',
      built([
        { id: 0, offset: 0, length: 5, runLength: 2 ** 40 },
        { id: 7, offset: 5, length: 5, runLength: 1 },
      ]),
      /not in order/,
    ],
    ['a root beyond the first bytes', built([], { header: { root: [2 ** 53, 20] } }), /root directory/],
    ['zooms in the wrong order', built([], { header: { zooms: [9, 3] } }), /zooms make no sense/],
    ['directories in an unknown compression', built([], { header: { internalCompression: 'unknown' } }), /compressed/],
    ['directories in brotli', built([], { header: { internalCompression: 'brotli' } }), /decompress brotli|damaged/],
    [
      'a decompression bomb as its root',
      built(gzipSync(Buffer.alloc(12 * 1024 * 1024)), { header: { internalCompression: 'gzip' } }),
      /decompresses to more than/,
    ],
    [
      'a root of a million entries',
      built(gzipSync(Buffer.concat([Buffer.from([0xc0, 0x84, 0x3d]), Buffer.alloc(4_000_000, 1)])), {
        header: { internalCompression: 'gzip' },
      }),
      /more than 262144 entries/,
    ],
  ])('with %s is refused', async (_, file, why) => {
    await refused(tileOf(file), why);
  });

  it('whose runs continue beyond the last zoom, or whose tiles overlap, is read as its directories say', async () => {
    const file = built([
      { id: 0, offset: 10, length: 20, runLength: 3 },
      { id: 3, offset: 15, length: 30, runLength: 2 ** 50 },
    ]);
    expect(await tileOf(file)).toEqual(DATA.subarray(10, 30));
    expect(await tileOf(file, { z: 9, x: 511, y: 0 })).toEqual(DATA.subarray(15, 45));
  });

  it('that does not name the compression of its tiles is decompressed if it is gzip', async () => {
    const tiles = pyramid('vector', 1).map((one) => ({
      ...one,
      body: new Uint8Array(gzipSync(labelled('vector', one.tile))),
    }));
    const file = await archiveOf(tiles, { tileType: 'mvt', tileCompression: 'gzip' });
    file[98] = 0;
    expect(await tileOf(file)).toEqual(Buffer.from(labelled('vector', first)));
    file[99] = 0;
    expect(await tileOf(file)).toEqual(Buffer.from(tiles[0]!.body));
  });

  it.each<[string, Partial<ArchiveHeader>]>([
    ['is not JSON', { metadata: [HEADER_BYTES, 4] }],
    ['has an enormous length', { metadata: [HEADER_BYTES, 2 ** 53 - 1] }],
  ])('whose metadata %s still has its tiles', async (_, header) => {
    const host = createArchiveHost(built([{ id: 0, offset: 0, length: 5, runLength: 1 }], { header }));
    // Hide the file's length, so that the reader has to trust the header.
    const { archive } = await openOver({ answer: (request) => without(host.answer(request), 'content-range') });
    expect(Buffer.from(await archive.tile((await archive.locate(first))!))).toEqual(DATA.subarray(0, 5));
    await refused(archive.metadata(), /metadata/);
  });

  it('with megabytes of metadata is read', async () => {
    const metadata = { name: 'Roads', tilestats: 'x'.repeat(5_000_000) };
    const file = await archiveOf(pyramid('big', 1), { tileType: 'png', metadata, internalCompression: 'none' });
    expect(await (await openBytes(file)).metadata()).toMatchObject({ name: 'Roads' });
  });
});

const without = (response: Response, name: string): Response => {
  response.headers.delete(name);
  return response;
};

describe('a host that answers nonsense', () => {
  const big = () => archiveOf(pyramid('one', 6), { tileType: 'unknown' });
  const far = { z: 6, x: 60, y: 60 };
  /** Opens the archive on a correct host, and then reads a tile from answers that `change` has altered. */
  async function read(change: (response: Response, request: Request) => Response | Promise<Response>) {
    const host = createArchiveHost(await big());
    let changing = false;
    const { archive } = await openOver({
      answer: (request) => (changing ? change(host.answer(request), request) : host.answer(request)),
    });
    const at = (await archive.locate(far))!;
    changing = true;
    host.asked = [];
    return { host, work: archive.tile(at).then((bytes) => new TextDecoder().decode(bytes)) };
  }
  const TILE = new TextDecoder().decode(labelled('one', far));

  it('with several ranges instead of one is refused', async () => {
    const { work } = await read(({ body, headers }) => {
      const type = { 'content-type': 'multipart/byteranges; boundary=x', etag: headers.get('etag')! };
      return new Response(body, { status: 206, headers: type });
    });
    await refused(work, /another part/);
  });

  it('that hides Content-Range and sends more than the range is refused', async () => {
    const { work } = await read(({ headers }) => {
      const said = { 'content-length': '90000', etag: headers.get('etag')! };
      return new Response(new Uint8Array(90_000), { status: 206, headers: said });
    });
    await refused(work, /another part/);
  });

  it('that sends more than the range is read only up to its end', async () => {
    const { work } = await read(async (response) => {
      const bytes = await response.arrayBuffer();
      return new Response(new Blob([bytes, new Uint8Array(5000)]), { status: 206, headers: response.headers });
    });
    expect(await work).toBe(TILE);
  });

  it('that refuses its own ETag is asked without it', async () => {
    const { host, work } = await read((response, request) =>
      request.headers.has('if-match') ? new Response(null, { status: 412 }) : response,
    );
    expect(await work).toBe(TILE);
    expect(host.asked).toHaveLength(2);
  });

  it('that answers 416 for a valid range does not count as one whose file was replaced', async () => {
    const { work } = await read(({ headers }) => {
      const said = { 'content-range': 'bytes */90', etag: headers.get('etag')! };
      return new Response(null, { status: 416, headers: said });
    });
    await refused(work, /points beyond its own end/);
  });

  it('that never answers is given up, and the next tile is requested', async () => {
    const late: Array<() => void> = [];
    const host = createArchiveHost(await big());
    let hangs = false;
    const aborted: boolean[] = [];
    const { archive } = await openOver(
      {
        answer: (request) => {
          if (!hangs) return host.answer(request);
          request.signal.addEventListener('abort', () => aborted.push(true));
          return new Promise<never>(() => {});
        },
      },
      {
        setTimeout: (callback, ms) => (ms < 100 ? setImmediate(callback) : late.push(callback)),
        clearTimeout: () => {},
      },
    );
    const at = (await archive.locate(far))!;
    hangs = true;
    late.length = 0;
    const read = archive.tile(at);
    const failed = expect(read).rejects.toThrow('says nothing');
    while (late.length === 0) await new Promise(setImmediate);
    late.forEach((callback) => callback());
    await failed;
    expect(aborted).toEqual([true]);
    hangs = false;
    expect(new TextDecoder().decode(await archive.tile(at))).toBe(TILE);
  });

  it('with a file that does not begin like an archive is refused', async () => {
    const noise = new Uint8Array(FIRST_BYTES).fill(7);
    await refused(openBytes(noise), /not a PMTiles archive/);
  });
});
