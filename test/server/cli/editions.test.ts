import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readChanges } from '../../../server/cli/changed-tiles';
import { differences, differing } from '../../../server/cli/compare-tiles';
import { runCli } from '../../../server/cli/run';
import type { TileDigest } from '../../../server/cli/tile-digests';
import { readTileList } from '../../../server/tiles/read-tile-list';
import { pmtilesOf } from '../../../src/shared/pmtiles-writer';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'editions-'));
});
afterAll(() => rm(root, { recursive: true }));

async function put(path: string, body: string | Uint8Array): Promise<string> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, body);
  return file;
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await symlink(target, join(root, path));
}

const placesOf = async (tiles: AsyncIterable<{ z: number; x: number; y: number }>) => {
  const places = new Set<string>();
  for await (const { z, x, y } of tiles) places.add(`${z}/${x}/${y}`);
  return [...places].sort();
};

describe('a folder with links', () => {
  it('has the linked tiles: MapProxy links tiles of one colour to one file', async () => {
    for (const [edition, colour] of Object.entries({ old: 'blue', new: 'red' })) {
      await put(`${edition}/single/${colour}.png`, colour);
      await link(`../../../single/${colour}.png`, `${edition}/tiles/3/1/1.png`);
      // A zoom on another disk, and a link that leads back up.
      await put(`${edition}/disk/2/2.png`, colour);
      await link('../disk', `${edition}/tiles/5`);
      await link('..', `${edition}/tiles/3/up`);
    }
    expect(await placesOf(differences(join(root, 'old/tiles'), join(root, 'new/tiles')))).toEqual(['3/1/1', '5/2/2']);
  });

  it('has the linked lists of changed tiles, but not those of snapshots', async () => {
    await put('lists/a.tiles', '12/1/1\n');
    await put('lists/.snapshot/hourly.0/a.tiles', '12/7/7\n');
    await put('elsewhere/b.tiles', '12/2/2\n');
    await link('../elsewhere', 'lists/more');
    const { tiles } = await readChanges({ expire: [join(root, 'lists')] });
    expect([...readTileList(tiles!)].map(({ z, x, y }) => `${z}/${x}/${y}`).sort()).toEqual(['12/1/1', '12/2/2']);
  });

  it('is refused if a link is dangling: its tiles may have changed', async () => {
    await put('dangling/3/1/1.png', 'a');
    await link('gone', 'dangling/4');
    const error = await placesOf(differences(join(root, 'dangling'), join(root, 'dangling'))).catch((each) => each);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('dangling/4 cannot be') });
  });
});

it('a truncated archive is refused, although its directory is complete', async () => {
  const tiles = Array.from({ length: 20 }, (_, x) => ({
    tile: { z: 6, x, y: 3 },
    body: new Blob([`${x}`.repeat(99)]),
  }));
  const parts = await pmtilesOf(tiles, { tileType: 'png', metadata: {} });
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  const path = await put('cut.pmtiles', bytes);
  expect(await placesOf(differences(path, path))).toEqual([]);
  await truncate(path, bytes.length - 1000);
  await expect(placesOf(differences(path, path))).rejects.toMatchObject({
    message: expect.stringContaining('cut.pmtiles is not a readable PMTiles archive'),
  });
});

describe('two editions', () => {
  /** An edition that counts how many of its digests were read. */
  function edition(count: number, fails = false) {
    const seen = { read: 0, closed: false };
    async function* digests(): AsyncGenerator<TileDigest> {
      try {
        for (; seen.read < count;) {
          seen.read += 1;
          yield { tile: { z: 10, x: seen.read, y: 0 }, digest: 'a' };
        }
        if (fails) throw new Error('the disk failed');
      } finally {
        seen.closed = true;
      }
    }
    return { seen, digests: digests() };
  }

  it('are read in step, so that equal tiles need no memory; the longer one is read to its end', async () => {
    const [before, after] = [edition(3), edition(5)];
    expect(await placesOf(differing(before.digests, after.digests))).toEqual(['10/4/0', '10/5/0']);
    const [left, right] = [edition(1, true), edition(1000)];
    await expect(placesOf(differing(left.digests, right.digests))).rejects.toThrow('the disk failed');
    expect([left.seen, right.seen]).toEqual([
      { read: 1, closed: true },
      { read: 1, closed: true },
    ]);
  });
});

describe('GeoJSON', () => {
  const point = '{"type":"Feature","geometry":{"type":"Point","coordinates":[10,50]},"properties":{}}';
  const areaOf = async (name: string, text: string) => {
    const none = await put('none.geojson', '{"type":"FeatureCollection","features":[]}');
    return readChanges({ expire: [], compared: [none, await put(name, text)] });
  };

  it.each([
    ['mark.geojson', `\ufeff${point}`],
    ['mark.geojsonl', `\ufeff${point}\r\n`],
    ['mark.geojsons', `\ufeff\x1e${point}\r\n`],
    ['twice.geojsons', `\x1e\x1e${point}\n\x1e`],
  ])('is read after byte order marks and record separators: %s', async (name, text) => {
    expect((await areaOf(name, text)).boxes).toHaveLength(1);
  });

  it.each([
    ['properties', `{"type":"Feature","geometry":null,"properties":{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`],
    ['coordinates', `{"type":"Polygon","coordinates":${'['.repeat(1e5)}${']'.repeat(1e5)}}`],
  ])('is refused for its %s if nested too deeply', async (name, text) => {
    await expect(areaOf(`${name}.geojson`, text)).rejects.toMatchObject({
      message: expect.stringContaining('nested too deeply'),
    });
  });
});

it('an unexpected error exits with 4, not with the 1 of a published version, and is not quoted', async () => {
  const said = { err: '' };
  const code = await runCli(['--version'], {
    out: () => undefined,
    err: (text) => void (said.err += text),
    env: {},
    readFile: async () => '',
    readStdin: async () => '',
    packageVersion: () => Promise.reject(new RangeError('SECRET')),
    fetch,
  });
  expect([code, said.err]).toEqual([4, expect.stringContaining('failed unexpectedly (RangeError)')]);
  expect(said.err).not.toContain('SECRET');
});
