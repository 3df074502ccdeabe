#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { FAILED } from './exit-codes';
import { runCli } from './run';
import { stopped } from './stopped';

// `package.json` is in the parent folder, both in the sources and in the package. Do not use `new URL()`: a bundler
// would replace it with the file's bytes.
const here = dirname(fileURLToPath(import.meta.url));

// If the reader closes the pipe (`| head -1`), continue: the exit code still tells the outcome. Fail on a full disk if
// the output is the result: a truncated list of digests must not pass for a complete one.
const printsResult = ['digest', 'version'].includes(process.argv[2] ?? '');
process.stderr.on('error', () => undefined);
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' || !printsResult || process.exitCode === FAILED) return;
  process.exitCode = FAILED;
  process.stderr.write(`The output could not be written (${code}).\n`);
});

// Do not await this: `serve` loads files that may import this one, and they would wait for it.
void runCli(process.argv.slice(2), {
  out: (words) => void process.stdout.write(words),
  err: (words) => void process.stderr.write(words),
  readFile: (path) => readFile(path, 'utf8'),
  readStdin: () => text(process.stdin),
  packageVersion: async () => {
    const path = join(here, '..', 'package.json');
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
    return version;
  },
  env: process.env,
  onInterrupt(listener) {
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const end = (signal: NodeJS.Signals) => {
      listener();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    for (const signal of signals) process.once(signal, end);
    return () => signals.forEach((signal) => process.off(signal, end));
  },
  fetch: (...args) => fetch(...args),
  stopped,
  serve: { worker: join(here, 'worker.js'), stopped },
}).then((code) => {
  process.exitCode ??= code;
});
