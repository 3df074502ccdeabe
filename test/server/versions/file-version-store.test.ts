import { utimesSync, writeFileSync } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../../server/versions/file-lock';
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

  it('yields to a changed configured version until the first publication', async () => {
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

  it('loses no write when many write at once', async () => {
    const store = createFileVersionStore({ path });
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        store.update((state) => announce(state, { layer: `l${i}`, version: 'v', purged: true }, 0)),
      ),
    );
    expect(Object.keys(JSON.parse(await readFile(path, 'utf8')).layers)).toHaveLength(30);
  });

  it('loses no write of another process, and reports it', async () => {
    const [a, b] = [createFileVersionStore({ path }), createFileVersionStore({ path })];
    const publish = (store: typeof a, layer: string) =>
      store.update((state) => announce(state, { layer, version: 'v', purged: true }, 0));
    await publish(a, 'first');
    const heard: string[][] = [];
    const stop = await a.watch(({ layers }) => heard.push(Object.keys(layers)));
    await Promise.all(Array.from({ length: 20 }, (_, i) => publish(i % 2 ? a : b, `l${i}`)));
    await publish(b, 'last');
    expect(Object.keys((await createFileVersionStore({ path }).read()).layers)).toHaveLength(22);
    await expect.poll(() => heard.at(-1), { timeout: 20_000 }).toContain('last');
    expect(Object.keys((await a.read()).layers)).toHaveLength(22);
    stop();
    await Promise.all([a.close(), b.close()]);
    expect(await readdir(join(folder, 'deep'))).toEqual(['versions.json']);
  });

  it('ignores the remains of a killed process: its lock, and a truncated file', async () => {
    const store = createFileVersionStore({ path });
    const publish = (layer: string) =>
      store.update((state) => announce(state, { layer, version: 'v', purged: true }, 0));
    await publish('a');
    await Promise.all([writeFile(`${path}.lock`, ''), writeFile(`${path}.new`, '{"half')]);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, longAgo, longAgo);
    await publish('b');
    expect(Object.keys((await createFileVersionStore({ path }).read()).layers)).toEqual(['a', 'b']);
    expect(await readdir(join(folder, 'deep'))).toEqual(['versions.json']);
  });

  it('loses no write of another process that took its lock while it slept', async () => {
    const store = createFileVersionStore({ path });
    const publish = (layer: string) => (state: Parameters<typeof announce>[0]) =>
      announce(state, { layer, version: 'v', purged: true }, 0);
    const first = await store.update(publish('first'));
    let sleeps = true;
    await store.update((state) => {
      if (sleeps) {
        sleeps = false;
        // Meanwhile another process takes the lock and writes; it still has to remove the lock.
        writeFileSync(`${path}.lock`, 'the other process');
        writeFileSync(path, JSON.stringify(publish('other')(first)));
        const longAgo = new Date(Date.now() - 60_000);
        utimesSync(`${path}.lock`, longAgo, longAgo);
      }
      return publish('mine')(state);
    });
    expect(Object.keys((await createFileVersionStore({ path }).read()).layers)).toEqual(['first', 'other', 'mine']);
    expect(await readdir(join(folder, 'deep'))).toEqual(['versions.json']);
  });

  it('leaves a lock that another process took meanwhile', async () => {
    const lock = join(folder, 'a.lock');
    const held = await withFileLock(lock, async (isHeld) => {
      await writeFile(lock, 'the other process');
      return isHeld();
    });
    expect([held, await readFile(lock, 'utf8')]).toEqual([false, 'the other process']);
  });

  it('writes to the target of a link, and keeps the link', async () => {
    const link = join(folder, 'link.json');
    await symlink('deep/versions.json', link);
    for (const layer of ['a', 'b'])
      await createFileVersionStore({ path: link }).update((state) =>
        announce(state, { layer, version: 'v', purged: true }, 0),
      );
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(Object.keys((await createFileVersionStore({ path }).read()).layers)).toEqual(['a', 'b']);
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

  it('refuses a foreign file, and leaves it unchanged', async () => {
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
