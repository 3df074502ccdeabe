#!/usr/bin/env node
// Installs the packages of the lock file into a fresh clone; does nothing where they are.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (!existsSync(`${root}node_modules/.package-lock.json`)) {
  console.log('$ npm ci');
  const { status } = spawnSync('npm', ['ci'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
