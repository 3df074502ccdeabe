import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNginxFilesPurger } from '../../../server/purge/nginx';

const { mkdtemp, readdir, rm, writeFile, open } = fs;
let cachePath: string;

beforeEach(async () => {
  cachePath = await mkdtemp(join(tmpdir(), 'nginx-cache-'));
  // The tests may run as root, who can open every file.
  vi.spyOn(fs, 'open').mockImplementation(async (path, ...rest) => {
    const code = /EACCES|ENOENT/.exec(String(path))?.[0];
    if (code) throw Object.assign(new Error(`${code}: ${String(path)}`), { code });
    return open(path, ...rest);
  });
  syncBuiltinESMExports();
});

afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await rm(cachePath, { recursive: true });
});

const file = (name: string) =>
  writeFile(join(cachePath, name), '\nKEY: httpo.test/tiles/roads/1/0/0.pbf\nHTTP/1.1 200 OK\r\n\r\n');

describe("nginx's cache files", () => {
  it('make the purge fail if they cannot be opened; the others are deleted', async () => {
    for (const name of ['a', 'b-EACCES', 'c']) await file(name);
    const purge = createNginxFilesPurger({ cachePath }).purge({ layer: 'roads', tags: [] });
    await expect(purge).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: 'nginx: 1 cache files could not be read or deleted: EACCES',
    });
    expect(await readdir(cachePath)).toEqual(['b-EACCES']);
  });

  it('do not make it fail if nginx dropped them meanwhile', async () => {
    for (const name of ['a', 'b-ENOENT']) await file(name);
    expect(await createNginxFilesPurger({ cachePath }).purge({ layer: 'roads', tags: [] })).toEqual({
      requests: 1,
      retries: 0,
    });
  });
});
