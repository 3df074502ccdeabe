#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { runCli } from './run';

process.exitCode = await runCli(process.argv.slice(2), {
  out: (words) => void process.stdout.write(words),
  err: (words) => void process.stderr.write(words),
  readFile: (path) => readFile(path, 'utf8'),
  readStdin: () => text(process.stdin),
  packageVersion: async () => {
    // Above this file's folder, in the sources as in the package. No `new URL`: the bundler would put the file's bytes in its place.
    const path = join(dirname(fileURLToPath(import.meta.url)), '..', 'package.json');
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
    return version;
  },
  env: process.env,
  fetch: (...args) => fetch(...args),
});
