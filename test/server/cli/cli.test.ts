import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArguments } from '../../../server/cli/options';
import { runCli } from '../../../server/cli/run';
import { datasetVersion } from '../../../server/publish/dataset-version';
import { purgeFailed } from '../../../server/purge/purger';
import { createMemoryVersionStore } from '../../../server/versions/version-store';
import { TileCacheError } from '../../../src/shared/errors';
import { testOrigin, TOKEN } from '../helpers';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cli-'));
  await writeFile(join(root, 'roads.mbtiles'), 'tiles');
});
afterAll(() => rm(root, { recursive: true }));

const NDJSON = { headers: { 'content-type': 'application/x-ndjson' } };
const URL_ARGS = ['publish', '--url', 'https://o.test/api/publish'];

function cli(
  options: Parameters<typeof testOrigin>[0] = {},
  env: Record<string, string> = { TILE_PUBLISH_TOKEN: TOKEN },
) {
  const { origin } = testOrigin(options);
  const said = { out: '', err: '' };
  const files: Record<string, string> = {
    token: `${TOKEN}\n`,
    'change.json': '{"layer":"roads","changed":3,"bbox":{"xmin":0,"ymin":0,"xmax":1,"ymax":1}}',
  };
  const run = (...args: string[]) =>
    runCli(args, {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      env,
      readFile: async (path) => files[path] ?? Promise.reject(new Error('ENOENT')),
      readStdin: async () => files['change.json']!,
      packageVersion: async () => '1.2.3',
      fetch: ((url: URL, init: RequestInit) => origin.fetch(new Request(url, init))) as typeof fetch,
    });
  return { run, said, origin };
}

describe('sw-tile-cache publish', () => {
  it('publishes and prints each step', async () => {
    const { run, said, origin } = cli();
    expect(await run(...URL_ARGS, '--layer', 'roads', '--version', 'v1')).toBe(0);
    expect(said.out.split('\n').map((line) => line.slice(0, 9))).toEqual([
      'ok   plan',
      'ok   stag',
      'ok   anno',
      'roads is ',
      '',
    ]);
    expect(await origin.version('roads')).toBe('v1');
  });

  it('derives the version from files', async () => {
    const { run, said, origin } = cli();
    const file = join(root, 'roads.mbtiles');
    expect(await run(...URL_ARGS, '--layer', 'roads', '--files', file, '--root', root, '--json')).toBe(0);
    const version = await datasetVersion({ files: [file], root });
    expect(JSON.parse(said.out)).toMatchObject({ ok: true, version });
    expect(await origin.version('roads')).toBe(version);
    said.out = '';
    expect([await run('version', file, '--root', root), said.out]).toEqual([0, `${version}\n`]);
  });

  it.each(['change.json', '-'])('sends a manifest from %s', async (manifest) => {
    const { run, origin } = cli({ layers: { roads: { version: 'v1' } } });
    expect(await run(...URL_ARGS, '--manifest', manifest, '--version', 'v2', '--token-file', 'token')).toBe(0);
    const body = await (await origin.fetch(new Request('http://o.test/api/tile-version/roads'))).json();
    expect(body.changes).toEqual([{ from: 'v1', bbox: [0, 0, 1, 1] }]);
  });

  it('retires a layer, which then leaves the manifest', async () => {
    const { run, said, origin } = cli();
    expect(await run(...URL_ARGS, '--layer', 'roads', '--version', 'v1')).toBe(0);
    expect(await run(...URL_ARGS, '--layer', 'rivers', '--version', 'v1')).toBe(0);
    expect([await run(...URL_ARGS, '--layer', 'roads', '--retire'), said.err]).toEqual([0, '']);
    const manifest = await (await origin.fetch(new Request('http://o.test/api/tile-version'))).json();
    expect(Object.keys(manifest.layers)).toEqual(['rivers']);
    // A version contradicts a retirement: the command changes nothing.
    expect(await run(...URL_ARGS, '--layer', 'rivers', '--retire', '--version', 'v2')).toBe(3);
    expect(said.err).toContain('version');
    expect(await origin.version('rivers')).toBe('v1');
  });

  it.each([
    [['--allow-gone'], { allowGone: true }],
    [['--retire'], { retired: true }],
    [
      ['--sample', '12/2200/1343', '--sample', '0/0/0'],
      {
        samples: [
          { z: 12, x: 2200, y: 1343 },
          { z: 0, x: 0, y: 0 },
        ],
      },
    ],
    [[], {}],
  ])('sends %j as %j', (more, body) => {
    expect(readArguments([...URL_ARGS, '--layer', 'roads', ...more])).toMatchObject({ body: { layer: 'roads' } });
    expect((readArguments([...URL_ARGS, '--layer', 'roads', ...more]) as { body: object }).body).toEqual({
      layer: 'roads',
      ...body,
    });
  });

  it('turns expire lists, files and folders into boxes, and publishes nothing for an empty list', async () => {
    const { run, said, origin } = cli({ layers: { roads: { version: 'v1' } } });
    const folder = await mkdtemp(join(root, 'expire-'));
    await writeFile(join(folder, 'a.tiles'), '14/8800/5373\n14/8801/5373\r\n\n');
    await writeFile(join(root, 'list.txt'), '14/2000/9000\n');
    await writeFile(join(root, 'empty.txt'), '\n');
    await writeFile(join(root, 'bad.txt'), '14/1/1\nnonsense\n');
    const publish = (...more: string[]) => run(...URL_ARGS, '--layer', 'roads', '--version', 'v2', ...more);
    expect(await publish('--expire', join(root, 'empty.txt'))).toBe(0);
    expect([said.out, await origin.version('roads')]).toEqual([expect.stringContaining('nothing changed'), 'v1']);
    for (const wrong of [['bad.txt'], ['missing.txt'], ['list.txt', '--bbox', '0,0,1,1']] as const)
      expect([wrong, await publish('--expire', join(root, wrong[0]), ...wrong.slice(1))]).toEqual([wrong, 2]);
    expect(said.err).toContain('names no tile in line 2');
    expect(await publish('--expire', folder, '--expire', join(root, 'list.txt'))).toBe(0);
    const body = await (await origin.fetch(new Request('http://o.test/api/tile-version/roads'))).json();
    expect(body.changes.map(({ zooms }: { zooms: number[] }) => zooms)).toEqual([
      [14, 14],
      [14, 14],
    ]);
  });

  it.each(['12/2200', 'x', '1/-1/0', '1/0.5/0', ' 1/0/0'])('refuses the sample %j', async (sample) => {
    const { run, said } = cli();
    expect([await run(...URL_ARGS, '--layer', 'roads', '--sample', sample), said.err]).toEqual([
      2,
      expect.stringContaining('--sample: must be z/x/y'),
    ]);
  });

  it('exits with 1 if a step failed but the version is announced', async () => {
    const purger = {
      name: 'cdn',
      purge: async () => {
        throw purgeFailed('cdn', 'answered 503');
      },
    };
    const { run, said } = cli({ layers: { roads: { version: 'v1' } }, publish: { token: TOKEN, purgers: [purger] } });
    expect(await run(...URL_ARGS, '--layer', 'roads', '--version', 'v2')).toBe(1);
    expect(said.out).toMatch(/FAIL purge cdn .*answered 503/);
    expect(said.out).toContain('not every step succeeded');
  });

  it('exits with 3 if the origin refuses, and never prints the token', async () => {
    const { run, said } = cli({}, { TILE_PUBLISH_TOKEN: 'the-wrong-token-that-is-secret' });
    expect(await run(...URL_ARGS, '--layer', 'roads')).toBe(3);
    expect(said.err).toContain('401');
    expect(said.out + said.err).not.toContain('that-is-secret');
    expect(await cli().run(...URL_ARGS, '--layer', 'roads', '--version', 'two words')).toBe(3);
  });

  it('exits with 4 if nobody answers, or the answer breaks off', async () => {
    let said = '';
    const effects = {
      out: () => undefined,
      err: (text: string) => void (said = text),
      readFile: async () => '',
      readStdin: async () => '',
      packageVersion: async () => '',
      env: { TILE_PUBLISH_TOKEN: TOKEN },
    };
    const withFetch = (answer: () => Promise<Response>) =>
      runCli([...URL_ARGS, '--layer', 'a'], { ...effects, fetch: answer as typeof fetch });
    expect(await withFetch(() => Promise.reject(new TypeError('fetch failed')))).toBe(4);
    expect(
      await withFetch(async () => new Response('{"step":"plan","ok":true,"seconds":0,"detail":""}\n', NDJSON)),
    ).toBe(4);
    expect(await withFetch(async () => new Response('', { status: 503 }))).toBe(4);
    const cut = (error: Error) =>
      withFetch(async () => new Response(new ReadableStream({ pull: () => Promise.reject(error) }), NDJSON));
    expect([await cut(new TypeError('terminated')), said]).toEqual([4, 'the answer broke off. Publish again.\n']);
    expect([await cut(new DOMException('', 'TimeoutError')), said]).toEqual([
      4,
      'the publication did not end in time. Publish again.\n',
    ]);
    expect([await withFetch(async () => new Response(null, { status: 204 })), said]).toEqual([
      4,
      'the answer ended without a report. Publish again.\n',
    ]);
  });

  it('exits with 4 and the reason if the origin’s store is down', async () => {
    const store = {
      ...createMemoryVersionStore(),
      read: () =>
        Promise.reject(new TileCacheError({ code: 'STORAGE_FAILED', message: 'The disk is full.', remedy: 'x' })),
    };
    const { run, said } = cli({ store });
    expect(await run(...URL_ARGS, '--layer', 'roads', '--version', 'v1')).toBe(4);
    expect(said.err).toContain('The disk is full.');
    expect(said.out).not.toContain('undefined');
  });

  it.each([
    ['a sentence', 'No space left.', 'No space left.'],
    [
      'a record',
      { code: 'STORAGE_FAILED', message: 'No space left.', remedy: 'Make room.' },
      'No space left. Make room.',
    ],
  ])('prints a reason given as %s', async (_form, error, words) => {
    const said = { out: '', err: '' };
    const code = await runCli([...URL_ARGS, '--layer', 'a'], {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      readFile: async () => '',
      readStdin: async () => '',
      packageVersion: async () => '',
      env: { TILE_PUBLISH_TOKEN: TOKEN },
      fetch: (async () => new Response(JSON.stringify({ report: { ok: false, error } }), NDJSON)) as typeof fetch,
    });
    expect([code, said]).toEqual([4, { out: '', err: `The origin failed. ${words}\n` }]);
  });

  it.each(['cli-SECRET\nsecond', 'two SECRET', 'SECRET\u00e9'])(
    'does not print a token that no header can carry: %j',
    async (token) => {
      const { run, said } = cli({}, { TILE_PUBLISH_TOKEN: token });
      expect(await run(...URL_ARGS, '--layer', 'roads')).toBe(2);
      expect(said.err).toContain('token');
      expect(said.out + said.err).not.toContain('SECRET');
    },
  );

  it('does not repeat a platform’s error that quotes the token', async () => {
    let err = '';
    const quotes = async () => {
      throw new TypeError('"Bearer SECRET" is invalid', { cause: { code: 'ENOTFOUND', message: 'SECRET' } });
    };
    const code = await runCli([...URL_ARGS, '--layer', 'a'], {
      out: () => undefined,
      err: (text) => void (err += text),
      readFile: async () => '',
      readStdin: async () => '',
      packageVersion: async () => '',
      env: { TILE_PUBLISH_TOKEN: TOKEN },
      fetch: quotes as typeof fetch,
    });
    expect([code, err]).toEqual([4, 'the origin did not answer: ENOTFOUND. Publish again.\n']);
  });

  it.each<[string, string[]]>([
    ['command', ['deploy']],
    ['--url', ['publish', '--layer', 'a']],
    ['--url', ['publish', '--url', 'http://tiles.test/api/publish', '--layer', 'a']],
    ['--url', ['publish', '--url', 'https://user:pass@tiles.test/api/publish', '--layer', 'a']],
    ['--bbox', [...URL_ARGS, '--bbox', '1,2,3']],
    ['--bbox: is given more than once', [...URL_ARGS, '--bbox', '1,2,3,4', '--bbox', '-5,6,7,8']],
    ['--layer: is given more than once', [...URL_ARGS, '--layer', 'a', '--layer=b']],
    ['--zooms', [...URL_ARGS, '--zooms', 'a,b']],
    ['--files', [...URL_ARGS, '--version', 'v', '--files', 'f']],
    ['--timeout', [...URL_ARGS, '--timeout', '0']],
    ['arguments', [...URL_ARGS, '--tokn', 'x']],
    ['file', ['version']],
    ['file: ENOENT', ['version', '/does/not/exist']],
    ['--layer: is no option of version', ['version', 'package.json', '--layer', 'a']],
    ['--root: is no option of digest', ['digest', 'build', '--root', 'build']],
    ['--root: goes with --files', [...URL_ARGS, '--layer', 'a', '--root', 'build']],
    ['token', [...URL_ARGS, '--layer', 'a']],
    ['--manifest: cannot be read', [...URL_ARGS, '--manifest', 'missing.json']],
    ['--manifest: is not valid JSON', [...URL_ARGS, '--manifest', 'token']],
  ])('exits with 2 and names %s', async (field, args) => {
    const { run, said } = cli({}, {});
    expect(await run(...args)).toBe(2);
    expect(said.err).toContain(field);
  });

  it('accepts a box that begins with a minus', () => {
    for (const bbox of [['--bbox', '-74.3,40.5,-73.7,40.9'], ['--bbox=-74.3,40.5,-73.7,40.9']]) {
      expect(readArguments([...URL_ARGS, '--layer', 'a', ...bbox])).toMatchObject({
        body: { bbox: [-74.3, 40.5, -73.7, 40.9] },
      });
    }
  });

  it('prints its help', async () => {
    const { run, said } = cli();
    expect([await run('--help'), await run('publish', '--help')]).toEqual([0, 0]);
    expect(said.out).toContain('Exit codes');
  });
});
