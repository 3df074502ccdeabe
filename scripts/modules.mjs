#!/usr/bin/env node
// Runs `npm ci` if a package of the lock file is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packagesOf = (file) => JSON.parse(readFileSync(`${root}${file}`, 'utf8')).packages;

/** Returns true if all packages are installed. Optional packages may be missing, because they may be for other systems. */
function complete() {
  const installed = 'node_modules/.package-lock.json';
  if (!existsSync(`${root}${installed}`)) return false;
  const there = packagesOf(installed);
  return Object.entries(packagesOf('package-lock.json')).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || optional || devOptional || there[path]?.version === version,
  );
}

if (!complete()) {
  console.log('$ npm ci');
  const { status } = spawnSync('npm', ['ci'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
