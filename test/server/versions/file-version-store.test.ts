import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileVersionStore } from '../../../server/versions/file-version-store';
import { announce } from '../../../server/versions/transitions';
import { publishRequest, request, testOrigin } from '../helpers';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'versions-'));
  path = join(folder, 'deep/versions.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the file store', () => {
  it('survives a restart', async () => {
    const first = testOrigin({ store: createFileVersionStore({ path }) }).origin;
    await first.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    await first.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] }));
    const second = testOrigin({ store: createFileVersionStore({ path }), layers: { roads: { version: 'v0' } } }).origin;
    expect(await second.version('roads')).toBe('v2');
    expect(await readdir(join(folder, 'deep'))).toEqual(['versions.json']);
  });

  it('gives way to a configured version that changed, until one was published', async () => {
    const start = (version: string) =>
      testOrigin({ store: createFileVersionStore({ path }), layers: { roads: { version } } }).origin;
    const entry = async (origin: ReturnType<typeof start>) =>
      (await origin.fetch(request('/api/tile-version/roads'))).json();
    expect(await entry(start('v1'))).toEqual({ version: 'v1', revision: 1 });
    expect(await entry(start('v1'))).toEqual({ version: 'v1', revision: 1 });
    const changed = start('v2');
    expect(await entry(changed)).toEqual({ version: 'v2', revision: 2 });
    const tile = await changed.tileHeaders(() => new Response('new'))(request('/tiles/roads/0/0/0.pbf'));
    expect(tile.headers.get('x-tile-version')).toBe('v2');
    await changed.fetch(publishRequest({ layer: 'roads', version: 'v3' }));
    expect(await entry(start('v4'))).toMatchObject({ version: 'v3', revision: 3 });
  });

  it('loses nothing when many write at once', async () => {
    const store = createFileVersionStore({ path });
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        store.update((state) => announce(state, { layer: `l${i}`, version: 'v', purged: true }, 0)),
      ),
    );
    expect(Object.keys(JSON.parse(await readFile(path, 'utf8')).layers)).toHaveLength(30);
  });

  it('keeps the old state when it cannot write', async () => {
    const store = createFileVersionStore({ path: join(path, 'not-a-folder') });
    await createFileVersionStore({ path }).update((state) =>
      announce(state, { layer: 'a', version: 'v', purged: true }, 0),
    );
    await expect(
      store.update((state) => announce(state, { layer: 'b', version: 'v', purged: true }, 0)),
    ).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('refuses a file that is not its own, and leaves it as it is', async () => {
    const other = join(folder, 'other.json');
    await writeFile(other, 'half of {');
    const store = createFileVersionStore({ path: other });
    await expect(store.read()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(
      store.update((state) => announce(state, { layer: 'b', version: 'v', purged: true }, 0)),
    ).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await readFile(other, 'utf8')).toBe('half of {');
  });
});
