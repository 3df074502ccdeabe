#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { runCli } from './cli-run';

process.exitCode = await runCli(process.argv.slice(2), {
  out: (words) => void process.stdout.write(words),
  err: (words) => void process.stderr.write(words),
  readFile: (path) => readFile(path, 'utf8'),
  readStdin: () => text(process.stdin),
  env: process.env,
  fetch: (...args) => fetch(...args),
});
