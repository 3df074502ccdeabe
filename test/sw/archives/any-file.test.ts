// Files without tiles that pages read by ranges: a GeoTIFF, a FlatGeobuf, a zip of Zarr chunks.
import { expect, it } from 'vitest';
import { pmtiles } from '../../../sw/pmtiles';
import { seeded } from '../fakes/seeded';
import { createWorld } from '../fakes/world';
import { type ArchiveHost, archiveOf, createArchiveHost, type HostFaults, pyramid } from './archive-host';

const PATH = '/data/dem.tif';

/** Returns random bytes that begin with the magic number of a format. */
function fileOf(mark: string, length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = seeded(seed);
  const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  bytes.set(new TextEncoder().encode(mark));
  return bytes;
}

function start(file: Uint8Array<ArrayBuffer>, faults: HostFaults = {}) {
  const world = createWorld();
  const host = createArchiveHost(file, faults);
  let reachable = true;
  world.answer = (request) => {
    if (!reachable) throw new TypeError('no network');
    return host.answer(request);
  };
  const open = () => world.start({ layers: { dem: { archive: PATH } }, archives: pmtiles() });
  let cache = open();
  const part = async (range: string | undefined, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await world.get(cache, PATH, { method, headers: { ...(range && { range }), ...headers } });
    return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
  };
  const tile = async () => {
    const response = await world.get(cache, '/tiles/dem/5/3/4');
    return { status: response.status, text: await response.text() };
  };
  const tell = (message: unknown) =>
    new Promise<unknown>((resolve) => {
      void Promise.resolve(cache.message(message as never, { postMessage: resolve } as never, 'page'));
    });
  const settled = () => cache.settled();
  const setReachable = (is: boolean) => void (reachable = is);
  return { world, host, part, tile, tell, settled, setReachable, restart: () => void (cache = open()) };
}

it.each([
  ['a GeoTIFF', 'II*\0'],
  ['a FlatGeobuf', 'fgb\x03'],
  ['a zip', 'PK\x03\x04'],
  ['gzip', '\x1f\x0b'],
])('ranges of %s are stored, answered offline, and replaced with the file', async (_, mark) => {
  const { world, host, part, restart, setReachable } = start(fileOf(mark, 300_000, 1));
  const ranges = ['bytes=0-65535', 'bytes=200000-200999', 'bytes=-22', 'bytes=299000-'];
  const places = [
    [0, 65_536],
    [200_000, 201_000],
    [299_978, 300_000],
    [299_000, 300_000],
  ];
  const all = async () => {
    for (const [at, range] of ranges.entries()) {
      const { status, headers, bytes } = await part(range);
      const [from, end] = places[at]!;
      expect([status, headers.get('content-range')]).toEqual([206, `bytes ${from}-${end! - 1}/300000`]);
      expect(headers.get('etag')).toBe(host.etag());
      expect(Buffer.compare(bytes, host.file.slice(from, end))).toBe(0);
    }
  };
  await all();
  const { sent } = host;
  await all();
  expect(host.sent).toBe(sent);

  setReachable(false);
  restart();
  world.clock.now += 3_600_000;
  await all();
  const head = await part(undefined, {}, 'HEAD');
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '300000']);
  await expect(part('bytes=100000-100999')).rejects.toThrow('no network');

  setReachable(true);
  host.file = fileOf(mark, 300_000, 2);
  // A request for the end of the file, the first one after the replacement, gets bytes of the new file.
  expect((await part('bytes=-22')).bytes).toEqual(host.file.slice(-22));
  await all();
});

it('a request for a tile says that the file is no archive, until an archive replaces it', async () => {
  const { world, host, part, tile } = start(fileOf('II*\0', 100_000, 3));
  const refusal = {
    status: 502,
    text: "The host's answer is not a PMTiles archive: check the layer's option archive.",
  };
  expect(await tile()).toEqual(refusal);
  expect((await part('bytes=50000-50999')).bytes).toEqual(host.file.slice(50_000, 51_000));
  expect(await tile()).toEqual(refusal);
  host.file = await archiveOf(pyramid('one', 5), { tileType: 'unknown' });
  world.clock.now += 120_000;
  expect(await tile()).toMatchObject({ status: 200, text: expect.stringContaining('one 5/3/4') });
});

it('does not replace the archive of a layer', async () => {
  const { world, host, part, tile } = start(await archiveOf(pyramid('one', 5), { tileType: 'unknown' }));
  const archive = host.file;
  await part('bytes=20000-20999');
  await tile();
  host.file = fileOf('oops', 100_000, 4);
  world.clock.now += 120_000;
  expect((await part('bytes=-100')).bytes).toEqual(host.file.slice(-100));
  await part('bytes=20000-20999');
  expect(world.posted).not.toContainEqual(expect.objectContaining({ type: 'VERSION_CHANGED' }));
  expect((await tile()).text).toContain('one 5/3/4');
  host.file = archive;
  world.clock.now += 120_000;
  expect((await part('bytes=20000-20999')).bytes).toEqual(archive.slice(20_000, 21_000));
});

it('one network failure does not make the worker load a large file', async () => {
  const { world, part } = start(fileOf('II*\0', 1000, 5));
  const [asked, read]: [string[], string[]] = [[], []];
  world.answer = ({ headers }) => {
    const range = headers.get('range') ?? 'all';
    asked.push(range);
    if (range !== 'all') throw new TypeError('Failed to fetch');
    const pull = () => {
      read.push(range);
      throw new Error('read');
    };
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), {
      headers: { 'content-length': '5000000000' },
    });
  };
  await expect(part('bytes=0-9')).rejects.toThrow('Failed to fetch');
  expect(asked).toContain('all');
  expect(read).toEqual([]);
});

/** The number of random histories. For a long run: `FILE_RUNS=1000`. */
const RUNS = Number(process.env['FILE_RUNS'] ?? 20);
const FAULTS: HostFaults[] = [
  {},
  {},
  { noEtag: true },
  { weakEtag: true },
  { ignoresIfMatch: true },
  { noRanges: true },
];

it('whatever happens, an answer contains bytes of the file that its ETag names', async () => {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const random = seeded(seed);
    const below = (count: number) => Math.floor(random() * count);
    const marks = ['II*\0', 'PK\x03\x04', 'PMTiles\x03'];
    const files: Array<Uint8Array<ArrayBuffer>> = [];
    const next = () => {
      const length = [60_000, 60_000, 90_001][below(3)]!;
      files.push(fileOf(marks[below(3)]!, length, seed * 1000 + files.length));
      return files.at(-1)!;
    };
    const made = start(next(), FAULTS[below(FAULTS.length)]);
    const { world, host, part, tell, setReachable, restart, settled } = made;
    let away = false;
    let ids = 0;
    for (let step = 0; step < 40; step += 1) {
      const what = below(12);
      if (what === 0) {
        host.file = next();
        host.modified = new Date(world.clock.now + files.length * 1000).toUTCString();
      } else if (what === 1) world.clock.now += [10_000, 61_000, 3_600_000][below(3)]!;
      else if (what === 2) restart();
      else if (what === 3) setReachable((away = !away) === false);
      else if (what === 4) {
        const bbox = [0, 0, 10, 10];
        await tell({ type: 'CACHE_INVALIDATE', layer: 'dem', id: `${(ids += 1)}`, ...(below(2) && { bbox }) });
      }
      const from = below(95_000);
      const range = [`bytes=${from}-${from + below(5000)}`, `bytes=-${below(3000)}`, `bytes=${from}-`, 'bytes=0-16383'][
        below(4)
      ]!;
      const condition = below(4) === 0 ? { 'if-range': host.etag() } : {};
      const answer = await part(range, condition).catch(() => undefined);
      await settled();
      if (!answer) {
        expect(away, `seed ${seed}`).toBe(true);
        continue;
      }
      check(answer, { files, host }, `seed ${seed}, step ${step}: ${range}`);
    }
  }
});

function check(
  { status, headers, bytes }: { status: number; headers: Headers; bytes: Uint8Array },
  { files, host }: { files: ReadonlyArray<Uint8Array<ArrayBuffer>>; host: ArchiveHost },
  where: string,
): void {
  if (status === 416 || status === 412) return;
  const named = headers.get('etag')?.replace(/^W\//, '');
  const current = host.file;
  const whose = files.filter((file) => {
    host.file = file;
    return named === undefined || host.etag() === named;
  });
  host.file = current;
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  const fits = whose.some((file) => {
    if (status === 200) return Buffer.compare(file, bytes) === 0;
    if (file.byteLength !== Number(total)) return false;
    return Buffer.compare(file.subarray(Number(first), Number(last) + 1), bytes) === 0;
  });
  expect(fits, `${where}: ${status} ${headers.get('content-range')}`).toBe(true);
}
