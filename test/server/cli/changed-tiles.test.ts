import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../../../server/cli/compare-tiles';
import { readChanges } from '../../../server/cli/changed-tiles';
import { readArguments } from '../../../server/cli/options';
import { runCli } from '../../../server/cli/run';
import { readTileList } from '../../../server/tiles/read-tile-list';
import { decodeTiles, setHolds } from '../../../src/shared/tile-set';
import { pmtilesOf } from '../../../src/shared/pmtiles-writer';
import { testOrigin, TOKEN } from '../helpers';
import { mbtilesOf } from '../mbtiles-file';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'changed-'));
});
afterAll(() => rm(root, { recursive: true }));

const ARGS = ['publish', '--url', 'https://o.test/api/publish', '--layer', 'roads', '--version', 'v2'];
function cli() {
  const { origin } = testOrigin({ layers: { roads: { version: 'v1' } } });
  const said = { out: '', err: '' };
  const run = (...args: string[]) =>
    runCli(args, {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      env: { TILE_PUBLISH_TOKEN: TOKEN },
      readFile: (path) => readFile(path, 'utf8'),
      readStdin: async () => '',
      packageVersion: async () => '1.2.3',
      fetch: ((url: URL, init: RequestInit) => origin.fetch(new Request(url, init))) as typeof fetch,
    });
  /** The tiles that the manifest names as changed since v1. */
  const changed = async () => {
    const { body } = await origin.fetch(new Request('http://o.test/api/tile-version/roads')).then(async (answer) => ({
      body: (await answer.json()) as { changes?: Array<{ tiles: string }> },
    }));
    return (body.changes ?? [])
      .flatMap(({ tiles }) => [...readTileList(tiles)])
      .map(({ z, x, y }) => `${z}/${x}/${y}`)
      .sort();
  };
  return { run, said, changed, origin };
}

async function folder(name: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return join(root, name);
}

const OLD = { '3/1/2.png': 'a', '3/1/3.png': 'b', '3/2/2.png': 'gone', '4/1/1.png': 'c', '4/1/1@2x.png': 'C' };
const NEW = { '3/1/2.png': 'a', '3/1/3.png': 'B', '3/7/7.png': 'new', '4/1/1.png': 'c', '4/1/1@2x.png': 'D' };
const DIFFERENT = ['3/1/3', '3/2/2', '3/7/7', '4/1/1'];

describe('publish --expire', () => {
  it('names exactly the tiles of the lists, from files and folders', async () => {
    const lists = await folder('lists', {
      ...{ 'a/1.tiles': '14/8800/5373\n14/8801/5373\r\n\n', 'b.txt': '10/1/2\n' },
      // A file that imposm is still writing, and one that a file manager left.
      ...{ 'a/2.tiles~': '14/8800/53', '.DS_Store': 'Bud1' },
    });
    const more = await folder('more', { 'list.txt': '14/2000/9000\n14/2000/9000\n' });
    const { run, changed } = cli();
    expect(await run(...ARGS, '--expire', lists, '--expire', join(more, 'list.txt'))).toBe(0);
    expect(await changed()).toEqual(['10/1/2', '14/2000/9000', '14/8800/5373', '14/8801/5373']);
  });

  it('with --zooms also names the parents and everything below', async () => {
    const list = join(await folder('zooms', { 'list.txt': '12/2200/1343\n' }), 'list.txt');
    const { run, changed, said } = cli();
    expect(await run(...ARGS, '--expire', list, '--zooms', '11,13')).toBe(0);
    expect(await changed()).toEqual(
      ['11/1100/671', '12/2200/1343', '13/4400/2686', '13/4401/2686', '13/4400/2687', '13/4401/2687'].sort(),
    );
    expect(await run(...ARGS, '--expire', list, '--zooms', '13,11')).toBe(2);
    expect(said.err).toContain('--zooms');
  });

  it('overrides the zooms of a manifest file', async () => {
    const files = await folder('beside', {
      'list.txt': '12/2200/1343\n',
      'change.json': '{"zooms":[0,3],"tags":["a"]}',
    });
    const { run, changed } = cli();
    expect(await run(...ARGS, '--manifest', join(files, 'change.json'), '--expire', join(files, 'list.txt'))).toBe(0);
    expect(await changed()).toEqual(['12/2200/1343']);
  });

  it('names tiles deeper than a list allows by the boxes around them', async () => {
    const list = join(await folder('deep', { 'list.txt': '28/1/1\n5/3/3\n' }), 'list.txt');
    const changes = await readChanges({ expire: [list] });
    expect(changes).toMatchObject({ zooms: [5, 28], boxes: expect.any(Array) });
    expect(changes).not.toHaveProperty('tiles');
  });

  it('names every tile of any list', async () => {
    const list = join(await folder('any', { 'list.txt': '' }), 'list.txt');
    const lines = fc.array(
      fc.nat(20).chain((z) => fc.tuple(fc.constant(z), fc.nat(2 ** z - 1), fc.nat(2 ** z - 1))),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(lines, async (tiles) => {
        await writeFile(list, tiles.map((tile) => tile.join('/')).join('\n'));
        const set = decodeTiles((await readChanges({ expire: [list] })).tiles!, 'tiles', 'INVALID_MESSAGE');
        expect(tiles.every(([z, x, y]) => setHolds(set, { z, x, y }))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('publish --before --after', () => {
  it('names the tiles that differ between two folders, whatever their format', async () => {
    const [before, after] = [await folder('old', { ...OLD, 'tiles.json': '1' }), await folder('new', NEW)];
    const { run, changed } = cli();
    expect(await run(...ARGS, '--before', before, '--after', after)).toBe(0);
    expect(await changed()).toEqual(DIFFERENT);
  });

  it('compares with stored digests', async () => {
    const [before, after] = [await folder('kept', OLD), await folder('now', NEW)];
    const first = cli();
    expect(await first.run('digest', before)).toBe(0);
    expect(first.said.out).toMatch(/^(\d+\/\d+\/\d+ [0-9a-f]{16}\n){5}$/);
    await writeFile(join(root, 'kept.txt'), first.said.out);
    const { run, changed } = cli();
    expect(await run(...ARGS, '--before', join(root, 'kept.txt'), '--after', after)).toBe(0);
    expect(await changed()).toEqual(DIFFERENT);
  });

  it('compares two archives', async () => {
    const archive = async (name: string, bodies: Record<string, string>) => {
      const tiles = Object.entries(bodies).map(([place, body]) => {
        const [z, x, y] = place.split('/').map(Number) as [number, number, number];
        return { tile: { z, x, y }, body: new Blob([body]) };
      });
      const parts = await pmtilesOf(tiles, { tileType: 'png', metadata: {} });
      const path = join(root, name);
      await writeFile(path, new Uint8Array(await new Blob(parts).arrayBuffer()));
      return path;
    };
    // Runs of equal tiles, and one new, one removed and one changed tile.
    const sea = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`3/${i % 8}/${i >> 3}`, 'sea']));
    const before = await archive('a.pmtiles', { ...sea, '2/1/1': 'gone', '2/0/0': 'x' });
    const after = await archive('b.pmtiles', { ...sea, '3/4/4': 'land', '2/0/0': 'y', '2/3/3': 'new' });
    const { run, changed } = cli();
    expect(await run(...ARGS, '--before', before, '--after', after)).toBe(0);
    expect(await changed()).toEqual(['2/0/0', '2/1/1', '2/3/3', '3/4/4']);
  });

  it('compares two MBTiles files', async () => {
    const before = join(root, 'a.mbtiles');
    const after = join(root, 'b.mbtiles');
    await writeFile(before, await mbtilesOf({ '2/1/1': 'gone', '2/0/0': 'x', '2/2/2': 'same', '5/3/4': 'deep' }));
    await writeFile(
      after,
      await mbtilesOf({ '2/0/0': 'y', '2/2/2': 'same', '5/3/4': 'deep', '2/3/3': 'new' }, {}, true),
    );
    const { run, changed } = cli();
    expect(await run(...ARGS, '--before', before, '--after', after)).toBe(0);
    expect(await changed()).toEqual(['2/0/0', '2/1/1', '2/3/3']);
  });

  it('publishes nothing if nothing differs', async () => {
    const same = await folder('same', OLD);
    const { run, said, origin } = cli();
    expect(await run(...ARGS, '--before', same, '--after', same)).toBe(0);
    expect([said.out, await origin.version('roads')]).toEqual([expect.stringContaining('nothing changed'), 'v1']);
  });

  it.each([
    ['empty', 'contains no tile'],
    ['bad.txt', 'contains no tile digest in line 2'],
    ['tiles.mbtiles', 'is not a readable MBTiles file'],
    ['broken.pmtiles', 'is not a readable PMTiles archive'],
    ['missing', 'cannot be read'],
  ])('refuses %s: it %s', async (name, why) => {
    await folder('wrong', {
      'empty/readme.txt': 'nothing',
      'bad.txt': `3/1/2 ${'a'.repeat(16)}\n3/1/2 xyz\n`,
      'tiles.mbtiles': 'x',
      'broken.pmtiles': 'x',
    });
    const { run, said, origin } = cli();
    const good = await folder('good', OLD);
    expect(await run(...ARGS, '--before', good, '--after', join(root, 'wrong', name))).toBe(2);
    expect([said.err, await origin.version('roads')]).toEqual([expect.stringContaining(`--after: `), 'v1']);
    expect(said.err).toContain(why);
    expect(await run('digest', join(root, 'wrong', name))).toBe(2);
  });

  it('requires both options or neither, and excludes a box', () => {
    const read =
      (...more: string[]) =>
      () =>
        readArguments([...ARGS, ...more]);
    expect(read('--before', 'a')).toThrow('--after: is missing');
    expect(read('--after', 'a')).toThrow('--before: is missing');
    expect(read('--before', 'a', '--after', 'b', '--bbox', '0,0,1,1')).toThrow('exclude each other');
    expect(() => readArguments(['digest'])).toThrow('must be one folder');
  });
});

describe('publish --before --after of GeoJSON', () => {
  const feature = (x: number, y: number, properties: object = {}, id?: number) => ({
    type: 'Feature',
    ...(id !== undefined && { id }),
    geometry: { type: 'Point', coordinates: [x, y] },
    properties,
  });
  const collection = (...features: object[]) => JSON.stringify({ type: 'FeatureCollection', features });
  const pair = async (name: string, before: string, after: string, extension = 'geojson') => {
    const path = await folder(name, { [`a.${extension}`]: before, [`b.${extension}`]: after });
    return ['--before', join(path, `a.${extension}`), '--after', join(path, `b.${extension}`)];
  };
  const same = feature(-100, 40, { a: 1, b: [2, { c: 3 }] }, 1);
  const again = { properties: { b: [2, { c: 3 }], a: 1 }, geometry: same.geometry, type: 'Feature', id: 1 };

  it('names the tiles of new, removed, moved and recoloured features', async () => {
    const before = collection(same, feature(67, -50), feature(0.5, 60), feature(-20, -50, { colour: 'red' }));
    const after = collection(feature(-20, -50, { colour: 'blue' }), feature(110, -50), again, feature(150, 20));
    const { run, changed } = cli();
    expect(await run(...ARGS, ...(await pair('features', before, after)), '--zooms', '3,3')).toBe(0);
    expect(await changed()).toEqual(['3/3/2', '3/3/5', '3/4/2', '3/5/5', '3/6/5', '3/7/3']);
  });

  it('names boxes without zooms, one for each part of a shape', async () => {
    const parts = {
      type: 'MultiPoint',
      coordinates: [
        [-179, 5],
        [179, 5],
      ],
    };
    const shape = {
      type: 'GeometryCollection',
      geometries: [
        parts,
        {
          type: 'LineString',
          coordinates: [
            [10, 10],
            [11, 12],
          ],
        },
      ],
    };
    const files = await pair('parts', collection(), JSON.stringify(shape));
    const { boxes } = await readChanges({ expire: [], compared: [files[1]!, files[3]!] });
    expect(boxes!.map((box) => box.map(Math.round)).sort()).toEqual([
      [-179, 5, -179, 5],
      [10, 10, 11, 12],
      [179, 5, 179, 5],
    ]);
  });

  it('reports no change if only the order differs, or features without geometry', async () => {
    const nowhere = { type: 'Feature', geometry: null, properties: { a: Math.PI } };
    const files = await pair('order', collection(feature(1, 2), same), collection(again, feature(1, 2), nowhere));
    expect(await readChanges({ expire: [], compared: [files[1]!, files[3]!] })).toEqual({ changed: false });
  });

  it('counts equal features, and reads one feature per line', async () => {
    const lines = (...features: object[]) => features.map((each) => `\x1e${JSON.stringify(each)}\n`).join('');
    const files = await pair('lines', lines(same, same), lines(again), 'geojsonl');
    const { boxes } = await readChanges({ expire: [], compared: [files[1]!, files[3]!] });
    expect(boxes).toHaveLength(1);
  });

  it.each([
    ['no JSON', 'x'],
    [
      'metres',
      '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[]}',
    ],
    ['undeclared metres', '{"type":"Point","coordinates":[565000,5930000]}'],
    ['a latitude beyond the pole', '{"type":"MultiPoint","coordinates":[[10,53],[10,90.1]]}'],
    ['a longitude out of range', '{"type":"Point","coordinates":[-600,53]}'],
    ['an unknown geometry type', '{"type":"Feature","geometry":{"type":"Circle","coordinates":[1,2]}}'],
    ['no positions', '{"type":"LineString","coordinates":[1,2]}'],
    ['no features', '{"type":"FeatureCollection","features":[1]}'],
    ['a list', '[]'],
  ])('refuses %s', async (name, text) => {
    const { run, said } = cli();
    expect(await run(...ARGS, ...(await pair(`no ${name}`, collection(), text)))).toBe(2);
    expect(said.err).toContain('--after: ');
    expect(said.err).toContain('is not GeoJSON');
  });

  it.each([
    ['beyond 180', [190, 53], -170],
    ['from 0 to 360', [359, 53], -1],
    ['at the pole, rounded', [10, 90.0000000001], 10],
  ])('accepts positions %s', async (name, coordinates, west) => {
    const files = await pair(name, collection(), JSON.stringify({ type: 'Point', coordinates }));
    const { boxes } = await readChanges({ expire: [], compared: [files[1]!, files[3]!] });
    expect(boxes!.map((box) => Math.round(box[0]))).toEqual([west]);
  });

  it('refuses to compare GeoJSON with another format', async () => {
    const path = await folder('mixed', { 'a.geojson': collection(), 'b.pmtiles': '' });
    const { run, said } = cli();
    expect(await run(...ARGS, '--before', join(path, 'a.geojson'), '--after', join(path, 'b.pmtiles'))).toBe(2);
    expect(said.err).toContain('--after: must be GeoJSON');
  });
});

it('the difference is right for any two sets of tiles', async () => {
  const edition = fc.dictionary(fc.constantFrom('2/0/0', '2/0/1', '2/1/0', '2/1/1'), fc.constantFrom('a', 'b'), {
    minKeys: 1,
  });
  await fc.assert(
    fc.asyncProperty(edition, edition, async (before, after) => {
      const file = async (name: string, tiles: Record<string, string>) => {
        const path = join(root, name);
        await writeFile(
          path,
          Object.entries(tiles)
            .map(([place, body]) => `${place} ${body.repeat(16)}\n`)
            .join(''),
        );
        return path;
      };
      const found = new Set<string>();
      for await (const { z, x, y } of differences(await file('x.txt', before), await file('y.txt', after)))
        found.add(`${z}/${x}/${y}`);
      const places = [...Object.keys(before), ...Object.keys(after)];
      expect(found).toEqual(new Set(places.filter((place) => before[place] !== after[place])));
    }),
    { numRuns: 30 },
  );
});
