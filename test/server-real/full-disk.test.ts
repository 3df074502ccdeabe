import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileVersionStore } from '../../server/versions/file-version-store';
import { publishRequest, recordingPurger, reportOf, request, testOrigin, TOKEN } from '../server/helpers';
import { temporaryFolder } from './programs';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let mounted = false;

const mount = (...options: string[]) => spawnSync('mount', [...options, folder.path], { stdio: 'ignore' }).status === 0;

beforeEach(async () => {
  folder = await temporaryFolder();
  mounted = process.getuid?.() === 0 && mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs');
});
afterEach(async () => {
  if (mounted) spawnSync('umount', ['-l', folder.path]);
  await folder.remove();
});

const WHY = 'only root may mount a small disk, and not in every container';

/** Starts an origin whose versions are on that disk. */
async function start() {
  const { purger, asked } = recordingPurger();
  const path = join(folder.path, 'versions.json');
  const { origin } = testOrigin({
    store: createFileVersionStore({ path }),
    now: Date.now,
    publish: { token: TOKEN, purgers: [purger] },
  });
  const publish = async (version: string) =>
    reportOf(origin.fetch(publishRequest({ layer: 'roads', version, bbox: [0, 0, 1, 1] })));
  const inForce = async () =>
    ((await (await origin.fetch(request('/api/tile-version/roads'))).json()) as { version?: string }).version;
  return { origin, path, publish, inForce, asked };
}

describe('a disk that cannot be written', () => {
  it('full: the announcement fails with the reason, the version in force stays, and the publication succeeds once there is room', async (context) => {
    if (!mounted) return context.skip(WHY);
    const { origin, publish, inForce, path } = await start();
    expect((await publish('v1')).ok).toBe(true);
    const ballast = join(folder.path, 'ballast');
    // Fill the disk.
    for (let size = 65_536; size > 0; size = size >> 1)
      await writeFile(ballast, Buffer.alloc(size), { flag: 'a' }).catch(() => undefined);
    const report = await publish('v2');
    expect([report.ok, report.applied]).toEqual([false, false]);
    const failed = report.steps.filter(({ ok }) => !ok);
    expect(failed.map(({ step }) => step)).toContain('announce');
    expect(failed.at(-1)!.detail).toContain('(ENOSPC)');
    expect(await inForce()).toBe('v1');
    // Another process reads the complete file, and no partial file is left to take up space.
    expect(JSON.parse(await readFile(path, 'utf8')).layers.roads.version).toBe('v1');
    expect((await readdir(folder.path)).sort()).toEqual(['ballast', 'versions.json']);
    await rm(ballast);
    const again = await publish('v2');
    expect([again.ok, again.applied, await inForce()]).toEqual([true, true, 'v2']);
    await origin.close();
  });

  it('read-only: the same, and a restart serves the stored versions', async (context) => {
    if (!mounted) return context.skip(WHY);
    const { origin, publish, inForce } = await start();
    await publish('v1');
    expect(mount('-o', 'remount,ro')).toBe(true);
    const report = await publish('v2');
    expect([report.ok, report.applied, await inForce()]).toEqual([false, false, 'v1']);
    expect(report.steps.at(-1)!.detail).toContain('(EROFS)');
    await origin.close();
    const next = await start();
    expect(await next.inForce()).toBe('v1');
    expect((await next.origin.fetch(request('/api/tile-version'))).status).toBe(200);
    expect(mount('-o', 'remount,rw')).toBe(true);
    expect((await next.publish('v2')).ok).toBe(true);
    expect(await next.inForce()).toBe('v2');
    await next.origin.close();
  });

  it('full from the start: the origin serves without versions, and publishes nothing that it cannot store', async (context) => {
    if (!mounted) return context.skip(WHY);
    for (let size = 65_536; size > 0; size = size >> 1)
      await writeFile(join(folder.path, 'ballast'), Buffer.alloc(size), { flag: 'a' }).catch(() => undefined);
    const { origin, publish, inForce } = await start();
    const report = await publish('v1');
    expect([report.ok, report.applied]).toEqual([false, false]);
    expect(await inForce()).toBeUndefined();
    const tile = await origin.tileHeaders(() => new Response('tile'))(request('/tiles/roads/0/0/0.pbf'));
    expect(tile.status).toBe(200);
    await origin.close();
  });
});
