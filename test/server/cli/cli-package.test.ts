import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-package-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      outDir: join(folder, 'dist'),
      emptyOutDir: true,
      target: 'es2022',
      minify: false,
      lib: { entry: 'server/cli/cli.ts', formats: ['es'], fileName: () => 'cli.js' },
      // Optional dependencies stay external, as in the package's own build.
      rolldownOptions: { external: /^(node:|@?hono|pmtiles|prom-client|redis)/ },
    },
  });
  await copyFile('package.json', join(folder, 'package.json'));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

it('prints the version of its package, even when bundled', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(execFileSync(process.execPath, [join(folder, 'dist/cli.js'), '--version'], { encoding: 'utf8' })).toBe(
    `${version}\n`,
  );
});

it.runIf(existsSync('/dev/full'))('fails if its result cannot be written', () => {
  const full = openSync('/dev/full', 'w');
  const args = [join(folder, 'dist/cli.js'), 'version', 'package.json'];
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
  closeSync(full);
  expect([status, stderr]).toEqual([4, 'The output could not be written (ENOSPC).\n']);
});

it('loads the sidecar for serve', () => {
  const args = [join(folder, 'dist/cli.js'), 'serve', '--help'];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })).toContain('--upstream <url>');
});
