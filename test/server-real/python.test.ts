import { spawn, spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { datasetVersion } from '../../server/publish/dataset-version';
import { toNodeListener } from '../../server/http/node';
import { parseManifest } from '../../src/shared/parse-manifest';
import { listen, testOrigin, TOKEN } from '../server/helpers';
import type { Program } from './programs';
import { freePort, program, start, temporaryFolder } from './programs';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const examples = fileURLToPath(new URL('../../docs/python/', import.meta.url));

/** Debian's Python, which has the packages; another one on the path need not have them. */
function python(): string {
  const path = '/usr/bin/python3';
  const { status } = spawnSync(path, ['-c', 'import fastapi, uvicorn, flask']);
  if (status !== 0)
    throw new Error(
      `${program('python3')}: python3-fastapi, python3-uvicorn and python3-flask are not installed. Run: npm run setup (scripts/setup.mjs)`,
    );
  return path;
}

const servers = {
  FastAPI: (port: number) => [
    '-m',
    'uvicorn',
    '--app-dir',
    examples,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'warning',
    'fastapi_app:app',
  ],
  Flask: (port: number) => [
    '-m',
    'flask',
    '--app',
    `${examples}flask_app`,
    'run',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ],
};

describe.each(Object.entries(servers))('the %s example', (_name, args) => {
  let app: Program;
  let url: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const environment = () => ({
    TILE_PUBLISH_TOKEN: TOKEN,
    TILE_VERSIONS_FILE: `${folder.path}/versions.json`,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONPATH: examples,
  });

  beforeAll(async () => {
    folder = await temporaryFolder();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    app = await start(python(), args(port), port, environment());
  }, 40_000);

  afterAll(async () => {
    await app?.stop();
    await folder?.remove();
  });

  const manifest = async () => parseManifest(await (await fetch(`${url}/api/tile-version`)).json());

  it('has a version endpoint that our client can read, with ETag and 304', async () => {
    const response = await fetch(`${url}/api/tile-version`);
    expect([response.headers.get('cache-control'), response.headers.get('content-type')]).toEqual([
      'no-cache',
      'application/json',
    ]);
    const version = await datasetVersion('first edition');
    expect(parseManifest(await response.json()).layers.flood_zones).toEqual({ version, revision: expect.any(Number) });
    const etag = response.headers.get('etag')!;
    expect((await fetch(`${url}/api/tile-version`, { headers: { 'if-none-match': `"x", W/${etag}` } })).status).toBe(
      304,
    );
    expect((await fetch(`${url}/api/tile-version`, { method: 'HEAD' })).status).toBe(200);
  });

  it('labels tiles and versions their URLs', async () => {
    const { tiles } = (await (await fetch(`${url}/tiles/flood_zones/tile.json`)).json()) as { tiles: string[] };
    const version = await datasetVersion('first edition');
    expect(tiles).toEqual([`${url}/tiles/flood_zones/{z}/{x}/{y}.pbf?v=${version}`]);
    const tile = await fetch(tiles[0]!.replace('{z}/{x}/{y}', '3/1/2'));
    expect(await tile.text()).toBe('first edition 3/1/2');
    expect(Object.fromEntries(tile.headers)).toMatchObject({
      'x-tile-version': version,
      'cache-control': 'public, max-age=60, stale-while-revalidate=30, stale-if-error=86400',
      'cache-tag': 'layer:flood_zones',
      'surrogate-key': 'layer:flood_zones',
    });
  });

  it('publishes to those who know the token', async () => {
    const publish = (token: string) =>
      fetch(`${url}/api/publish`, {
        method: 'POST',
        body: JSON.stringify({ layer: 'flood_zones', data: 'second edition', bbox: [-74, 40, -73, 41] }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      });
    expect((await publish('wrong')).status).toBe(401);
    const badBox = await fetch(`${url}/api/publish`, {
      method: 'POST',
      body: JSON.stringify({ layer: 'flood_zones', data: 'x', bbox: [500, 1, 2, 3] }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    });
    expect(badBox.status).toBe(400);
    expect((await publish(TOKEN)).status).toBe(200);
    const version = await datasetVersion('second edition');
    const expected = {
      version,
      revision: expect.any(Number) as number,
      changes: [{ from: await datasetVersion('first edition'), bbox: [-74, 40, -73, 41] }],
    };
    expect((await manifest()).layers.flood_zones).toEqual(expected);
    await publish(TOKEN);
    expect((await manifest()).layers.flood_zones).toEqual(expected);
    expect((await fetch(`${url}/tiles/flood_zones/0/0/0.pbf`)).headers.get('x-tile-version')).toBe(version);
  });
});

describe('Python and JavaScript', () => {
  it('make the same version of the same files', async () => {
    const folder = await temporaryFolder();
    try {
      await mkdir(join(folder.path, 'sub'));
      const files = ['b.mbtiles', 'sub/a.mbtiles', 'ä.bin', '\u{1F5FA}.bin', '\uFFEE.bin'].map((name) =>
        join(folder.path, name),
      );
      for (const [i, file] of files.entries()) await writeFile(file, `data ${i}`);
      // Links, as releases are switched by: a file's, and the whole folder's.
      await symlink('b.mbtiles', join(folder.path, 'current.mbtiles'));
      files.push(join(folder.path, 'current.mbtiles'));
      const link = join(folder.path, 'sub', 'link');
      await symlink(folder.path, link);
      const script =
        'import sys; from tile_versions import files_version; print(files_version(sys.argv[2:], sys.argv[1]))';
      const inPython = (root: string, paths: string[]) => {
        const { stdout, stderr } = spawnSync(python(), ['-c', script, root, ...paths], {
          encoding: 'utf8',
          env: { ...process.env, PYTHONPATH: examples, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' },
        });
        expect(stderr).toBe('');
        return stdout.trim();
      };
      const version = await datasetVersion({ files, root: folder.path });
      expect(inPython(folder.path, files)).toBe(version);
      const linked = files.map((file) => file.replace(folder.path, link));
      expect([inPython(link, linked), await datasetVersion({ files: linked, root: link })]).toEqual([version, version]);
      expect(inPython(folder.path, linked)).toBe(await datasetVersion({ files: linked, root: folder.path }));
    } finally {
      await folder.remove();
    }
  });

  it('publish.py and curl publish to our origin', async () => {
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } } });
    const { url, close } = await listen(toNodeListener(origin.fetch));
    try {
      const py = await run(python(), [`${examples}publish.py`, `${url}/api/publish`, 'roads', 'v2', 'job-1'], {
        TILE_PUBLISH_TOKEN: TOKEN,
        PYTHONDONTWRITEBYTECODE: '1',
      });
      expect(py).toMatchObject({ status: 0, stdout: expect.stringContaining('ok   announce revision 2') });
      const curl = await run(program('curl'), [
        '--fail-with-body',
        '--silent',
        '-H',
        `Authorization: Bearer ${TOKEN}`,
        '--json',
        '{"layer":"roads","version":"v3","bbox":[0,0,1,1]}',
        `${url}/api/publish`,
      ]);
      expect(curl.status).toBe(0);
      expect(JSON.parse(curl.stdout)).toMatchObject({ ok: true, revision: 3, plan: 'bbox' });
      expect(await origin.version('roads')).toBe('v3');
    } finally {
      await close();
    }
  });
});

function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ status: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.once('error', reject).once('close', (status) => resolve({ status, stdout }));
  });
}
