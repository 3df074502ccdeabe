// Malicious files must not harm the worker that imports them.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hilbertId } from '../../../src/shared/hilbert';
import { type DirectoryEntry, encodeDirectory } from '../../../src/shared/pmtiles-directory';
import { encodeHeader } from '../../../src/shared/pmtiles-header';
import { pmtilesOf } from '../../../src/shared/pmtiles-writer';
import { openArchiveFile } from '../../../sw/regions/archive-file';
import { bareTemplate } from '../../../sw/regions/bare-template';
import { FakeCache } from '../fakes/fake-caches';
import { createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

let world: RegionWorld;
beforeEach(() => {
  world = createRegionWorld();
});

const TILE = { z: 5, x: 16, y: 10 };
/** A region of one tile. */
const OWN = {
  id: 'one',
  name: 'One',
  layer: 'roads',
  template: ROADS.template,
  type: 'application/octet-stream',
  bounds: [1, 53, 5, 55],
  zooms: [5, 5],
  savedAt: 1,
  version: '',
};
const bytes = (text: string) => new TextEncoder().encode(text);

/** Returns a file of one tile, with other metadata or another body. */
const fileOf = async (own: object = {}, body = bytes('a tile')) =>
  new Blob(
    await pmtilesOf([{ tile: TILE, body }], { tileType: 'unknown', metadata: { 'sw-tile-cache': { ...OWN, ...own } } }),
  );

/** Returns a file with these directories, one after another. The first one is the root. */
function withDirectories(directories: Array<readonly DirectoryEntry[] | Uint8Array<ArrayBuffer>>, counted = 0): Blob {
  const written = directories.map((one) => (one instanceof Uint8Array ? one : encodeDirectory(one)));
  const metadata = bytes(JSON.stringify({ 'sw-tile-cache': OWN }));
  const root = written[0]!;
  const leaves = written.slice(1);
  const leavesAt = 127 + root.length + metadata.length;
  const length = leaves.reduce((sum, leaf) => sum + leaf.length, 0);
  const head = encodeHeader({
    root: [127, root.length],
    metadata: [127 + root.length, metadata.length],
    leaves: [leavesAt, length],
    tileData: [leavesAt + length, 6],
    addressedTiles: counted,
    tileEntries: 0,
    tileContents: 0,
    clustered: true,
    internalCompression: 'none',
    tileCompression: 'none',
    tileType: 'unknown',
    zooms: [5, 5],
    bounds: [-180, -85, 180, 85],
    center: [0, 0, 5],
  });
  return new Blob([head, root, metadata, ...leaves, bytes('a tile')]);
}
const entry = (more: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  id: hilbertId(TILE),
  offset: 0,
  length: 6,
  runLength: 1,
  ...more,
});
const varint = (length: number) => Uint8Array.from([...new Array<number>(length).fill(0xff), 0x7f]);
const columns = (...parts: Array<Uint8Array | number[]>) => Uint8Array.from(parts.flatMap((part) => [...part]));

const refused = async (file: Blob, problem: object, more: object = {}) => {
  await expect(world.ask({ action: 'import', file, ...more })).rejects.toMatchObject(problem);
  expect(await world.ask({ action: 'list' })).toEqual([]);
  expect([...world.caches.caches.keys()]).toEqual([]);
};

describe('a valid file', () => {
  it('is imported, however it was written', async () => {
    for (const file of [
      await fileOf(),
      withDirectories([[entry()]], 1),
      withDirectories([[entry({ length: 12, runLength: 0 })], [entry()]]),
    ]) {
      // The real length of the leaf.
      world = createRegionWorld();
      const leafLength = encodeDirectory([entry()]).length;
      const taken =
        file.size > 400 ? file : withDirectories([[entry({ length: leafLength, runLength: 0 })], [entry()]]);
      expect(await world.ask({ action: 'import', file: taken })).toMatchObject({ state: 'complete', tiles: 1 });
      expect(await world.offline('/tiles/roads/5/16/10')).toBe('a tile');
    }
  });
});

describe('a tile whose format differs from that in the URL of the layer', () => {
  it.each<[string, string]>([
    ['application/json', '{"a":1}'],
    ['application/octet-stream', 'hello world, no tile'],
  ])('is refused: %s', async (type, body) => {
    const template = '/tiles/roads/{z}/{x}/{y}.png';
    world = createRegionWorld({ layers: { roads: { template } } });
    await refused(await fileOf({ template, type }, bytes(body)), {
      field: 'file',
      message: expect.stringMatching(/in place of an image/),
    });
  });
});

describe('directories', () => {
  it.each<[string, () => Blob, RegExp]>([
    ['with a tile twice', () => withDirectories([[entry(), entry({ id: entry().id })]]), /twice/],
    [
      'with runs that overlap',
      () => withDirectories([[entry({ runLength: 3 }), entry({ id: entry().id + 2 })]]),
      /twice/,
    ],
    ['with a run longer than there are tiles', () => withDirectories([[entry({ runLength: 2 ** 52 })]]), /order|tiles/],
    [
      'with a run of more tiles than a region may have',
      () => withDirectories([[entry({ id: 0, runLength: 1_000_001 })]]),
      /1000000/,
    ],
    // Adding 1 does not change such a large id, so the run would never end.
    [
      'with ids beyond safe integers',
      () => withDirectories([columns([1], varint(100), varint(6), [6], [1])]),
      /too large/,
    ],
    ['that announce a billion entries', () => withDirectories([columns(varint(4), [0])]), /cut|tiles/],
    [
      'whose first entry refers to a previous one',
      () => withDirectories([columns([1], [1], [1], [6], [0])]),
      /begins nowhere/,
    ],
    ['with tiles of zero bytes', () => withDirectories([[entry({ length: 0 })]]), /cut/],
    ['with tiles beyond the end', () => withDirectories([[entry({ offset: 1 })]]), /cut/],
    [
      'whose leaf refers to itself',
      () => withDirectories([[entry({ length: 5, runLength: 0 })], columns([1], [0], [0], [5], [1])]),
      /deep|twice/,
    ],
    ['with fewer tiles than announced', () => withDirectories([[entry()]], 20), /1 tiles of 20/],
    ['without tiles', () => withDirectories([[]]), /tiles of its region/],
    ['only with tiles outside the region', () => withDirectories([[entry({ id: 3 })]]), /tiles of its region/],
  ])('%s are refused', async (_, file, message) => {
    await refused(file(), { code: 'INVALID_OPTION', field: 'file', message: expect.stringMatching(message) });
  });
});

describe('metadata', () => {
  it.each<[string, object, string]>([
    ['without a valid date', { savedAt: -9e15 }, 'file'],
    ['whose date is not a number', { savedAt: 'now' }, 'file'],
    ['with a type that is an invalid header', { type: 'image/png\r\nx: y' }, 'file'],
    ['with an invalid type', { type: 'png' }, 'file'],
    ['of a layer that the worker does not have', { layer: 'other' }, 'layers[0].layer'],
    ['with the template of another layer', { template: '/elsewhere/{z}/{x}/{y}' }, 'layers[0].template'],
    ['with an id that is a path', { id: '../one' }, 'id'],
    ['with an invalid id', { id: '__proto__ ' }, 'id'],
    ['with invalid bounds', { bounds: [0, 0, 400, 1] }, 'bounds[2]'],
    ['with invalid zooms', { zooms: [5, 99] }, 'zooms[1]'],
    ['with too many tiles', { bounds: [-180, -85, 180, 85], zooms: [0, 14] }, 'zooms'],
    ['of a single user', { private: true }, 'template'],
  ])('%s are refused', async (_, own, field) => {
    await refused(await fileOf(own), { field });
  });

  it('of another version than that of the layer is reported as outdated, and fetched again', async () => {
    const announce = { type: 'TILE_VERSIONS', id: 'v', manifest: { version: 'v2' }, confirmedAt: world.clock.now };
    await new Promise<void>((resolve) => void world.worker.message(announce, { postMessage: () => resolve() }));
    const file = await fileOf({ version: 'v1' });
    expect(await world.ask({ action: 'import', file })).toMatchObject({ versions: { roads: 'v1' }, state: 'outdated' });
    expect(await world.offline('/tiles/roads/5/16/10')).toBe('a tile');
    expect(await world.finish()).toMatchObject([{ versions: { roads: 'v2' }, state: 'complete', edition: 2 }]);
    expect(await world.offline('/tiles/roads/5/16/10')).toBe('one /tiles/roads/5/16/10');
  });

  it('with a date in the future makes no tile newer than now, and an unknown version is ignored', async () => {
    const file = await fileOf({ savedAt: 8e15, version: 'no version' });
    expect(await world.ask({ action: 'import', file })).toMatchObject({ versions: {}, state: 'complete' });
    const answer = await world.get(world.worker, '/tiles/roads/5/16/10');
    expect(answer.headers.get('age')).toBe('0');
    expect(answer.headers.get('x-tile-version')).toBeNull();
  });
});

describe('a tile of a file', () => {
  it.each<[string, object, string]>([
    ['that is an HTML page', { type: 'text/html' }, '<!doctype html><script>alert(1)</script>'],
    ['that is an HTML page with the type of an image', { type: 'image/png' }, '<!doctype html><title>Log in</title>'],
    ['that is truncated', { type: 'image/png' }, '\x89PNG\r\n\x1a\n'],
  ])('%s makes the import fail', async (_, own, text) => {
    const body = Uint8Array.from(text, (char) => char.charCodeAt(0));
    await refused(await fileOf(own, body), { field: 'file', message: expect.stringContaining('5/16/10') });
  });

  it('has the type that its bytes show, whatever that of the others', async () => {
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 2, 0xff, 0xd9);
    await world.ask({ action: 'import', file: await fileOf({ type: 'image/png' }, jpeg) });
    const answer = await world.get(world.worker, '/tiles/roads/5/16/10');
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
  });
});

describe('room for a file', () => {
  it('is checked first, and the error has both numbers', async () => {
    world.worker = world.start(
      { layers: { roads: {} }, regions: (await import('../../../sw/regions')).regions() },
      { estimate: async () => ({ usage: 900, quota: 1000 }) },
    );
    const file = await fileOf();
    await refused(file, {
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(new RegExp(`${file.size} .* 100\\b`)),
    });
  });

  it('that ends while the file is written leaves nothing of it', async () => {
    const { put } = FakeCache.prototype;
    FakeCache.prototype.put = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    try {
      await refused(await fileOf(), { code: 'STORAGE_FAILED' });
    } finally {
      FakeCache.prototype.put = put;
    }
  });

  it('that ends when the region’s record is written leaves nothing of it', async () => {
    const { put } = IDBObjectStore.prototype;
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      ...given
    ) {
      if (this.name === 'regions') throw new DOMException('full', 'QuotaExceededError');
      return put.apply(this, given);
    });
    try {
      await refused(await fileOf(), {});
      expect(full).toHaveBeenCalled();
    } finally {
      full.mockRestore();
    }
  });
});

describe('an imported file', () => {
  it('becomes one complete region if it is imported twice at once', async () => {
    const file = await fileOf();
    const both = await Promise.allSettled([
      world.ask({ action: 'import', file }),
      world.ask({ action: 'import', file }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await world.offline('/tiles/roads/5/16/10')).toBe('a tile');
  });

  it('is not deleted as the remains of a stopped worker', async () => {
    const file = await fileOf();
    const drive = () => world.ask({ action: 'drive', metered: false, online: true });
    await Promise.all([world.ask({ action: 'import', file }), drive(), drive()]);
    await world.finish();
    world.restart();
    expect(await world.finish()).toMatchObject([{ state: 'complete' }]);
    expect(await world.offline('/tiles/roads/5/16/10')).toBe('a tile');
  });

  it('does not affect an existing region with its id', async () => {
    await world.ask({ action: 'save', spec: SMALL });
    await world.finish();
    await expect(world.ask({ action: 'import', file: await fileOf({ id: 'small' }) })).rejects.toMatchObject({
      field: 'id',
    });
    for (const url of urlsOf(SMALL)) expect(await world.offline(url)).toBe(`one ${url}`);
  });
});

describe('an exported file', () => {
  const SECRET = 'sk.0123456789abcdef0123';

  it('contains no secret of the region, and becomes a region with the secret of the other user', async () => {
    const template = `${ROADS.template}?style=night&access_token=${SECRET}`;
    await world.ask({ action: 'save', spec: { ...SMALL, layers: [{ layer: 'roads', template }] } });
    await world.finish();
    const file = await world.ask<Blob>({ action: 'export', region: 'small' });
    const text = new TextDecoder('latin1').decode(await file.arrayBuffer());
    expect(text).not.toContain(SECRET);
    const reader = await openArchiveFile(file);
    expect(JSON.stringify(reader.metadata)).not.toContain(SECRET);
    expect(reader.metadata['sw-tile-cache']).toMatchObject({
      template: `${ROADS.template}?style=night`,
      private: true,
    });
    world = createRegionWorld();
    await refused(file, { field: 'template' });
    const own = `${ROADS.template}?style=night&access_token=another-secret-of-mine`;
    expect(await world.ask({ action: 'import', file, template: own })).toMatchObject({ state: 'complete' });
    const [url] = urlsOf(SMALL);
    expect(await world.offline(`${url}?style=night&access_token=another-secret-of-mine`)).toBe(`one ${url}`);
    expect(await world.offline(`${url}?style=night`)).toBeUndefined();
  });

  it('becomes a region with the pixel ratio and the byte limit that were saved', async () => {
    const layers = { roads: { maxAge: 60, template: '/tiles/roads/{z}/{x}/{y}{r}' } };
    world = createRegionWorld({ layers });
    const spec = { ...SMALL, layers: [{ layer: 'roads', ratios: ['@2x'] }], maxBytes: 2 ** 32 };
    await world.ask({ action: 'save', spec });
    await world.finish();
    const file = await world.ask<Blob>({ action: 'export', region: 'small' });
    expect((await openArchiveFile(file)).metadata).toMatchObject({
      'sw-tile-cache': { ratio: '@2x', maxBytes: 2 ** 32 },
    });
    world = createRegionWorld({ layers });
    await world.ask({ action: 'import', file });
    for (const url of urlsOf(SMALL)) {
      expect(await world.offline(`${url}@2x`)).toBe(`one ${url}@2x`);
      expect(await world.offline(url)).toBeUndefined();
    }
  });

  it('can be exported wherever its region lies, across the antimeridian and in several parts', async () => {
    const boxOf = async (bounds: unknown) => {
      world = createRegionWorld();
      await world.ask({ action: 'save', spec: { ...SMALL, bounds, zooms: [4, 5] } });
      await world.finish();
      const file = await world.ask<Blob>({ action: 'export', region: 'small' });
      const view = new DataView(await file.slice(0, 127).arrayBuffer());
      return [102, 106, 110, 114].map((at) => Math.round(view.getInt32(at, true) / 1e7));
    };
    expect(await boxOf([170, 10, -170, 20])).toEqual([-180, 10, 180, 20]);
    const ring = (west: number, south: number) => [
      [
        [west, south],
        [west + 5, south],
        [west, south + 5],
        [west, south],
      ],
    ];
    expect(await boxOf({ type: 'MultiPolygon', coordinates: [ring(0, 0), ring(40, 30)] })).toEqual([0, 0, 45, 35]);
  });
});

describe('a template without its secrets', () => {
  const layer = { secretParams: ['key', 'access_token', 'sig'] };
  it.each([
    ['/t/{z}/{x}/{y}', '/t/{z}/{x}/{y}'],
    ['/t/{z}/{x}/{y}?KEY=a&b=c#x', '/t/{z}/{x}/{y}?b=c#x'],
    ['https://me:pass@map.example/{z}/{x}/{y}?access%5Ftoken=a', 'https://map.example/{z}/{x}/{y}'],
    ['/t?z={z}&x={x}&y={y}&se=1&sp=r&sig=abc&sv=2', '/t?z={z}&x={x}&y={y}&se=1&sp=r&sv=2'],
    ['/t/{z}/{x}/{y}?v={version}&q=eyJhbGciOiJIUzI1NiJ9', '/t/{z}/{x}/{y}?v={version}'],
    ['/t/sk.0123456789abcdef0123/{z}/{x}/{y}', undefined],
    ['/t/key=abc/{z}/{x}/{y}', undefined],
    ['/t/{z}/{x}/{y}.png;sig=abc', undefined],
    ['/t/{z}/{x}/{y}#access_token=abc', '/t/{z}/{x}/{y}'],
    // These lose nothing, because their tiles do not belong to a single user.
    ['/t/{z}/{x}/{y}.png?', '/t/{z}/{x}/{y}.png?'],
    ['/wms?map=a&z={z}&', '/wms?map=a&z={z}&'],
    ...['/BlueMarble/GoogleMapsCompatible/{z}/{y}/{x}.jpeg', '/cog/tiles/WebMercatorQuad/{z}/{x}/{y}@1x.png?url=a'].map(
      (template): [string, string] => [template, template],
    ),
    ['/wmts/key/hunter2/{z}/{y}/{x}.png', undefined],
    ['/tiles/key/{z}/{y}/{x}.png', '/tiles/key/{z}/{y}/{x}.png'],
  ])('%s is %s', (template, bare) => {
    expect(bareTemplate(template, layer)).toBe(bare);
  });
});
