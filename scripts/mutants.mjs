#!/usr/bin/env node
// Inserts faults into the worker and the origin, one at a time, and checks that a test fails: `npm run mutants [part of a
// name]`. Prints SURVIVED for a fault that no test notices, and then fails.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants/list.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Milliseconds after which tests count as failed, because a fault may make them hang. */
const LIMIT_MS = 300_000;

/** Returns true if all of these tests pass. */
function pass(tests) {
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--silent=true', '--bail=1', ...tests],
    { stdio: 'ignore', timeout: LIMIT_MS, env: { ...process.env, MODEL_RUNS: process.env.MODEL_RUNS ?? '2000' } },
  );
  return status === 0;
}

/** Whether tests pass without a fault, by their files: tests that fail anyway prove nothing. */
const sound = new Map();
function mustPass(tests) {
  const key = tests.join(' ');
  if (!sound.has(key)) sound.set(key, pass(tests));
  if (!sound.get(key)) throw new Error(`These tests fail without any fault: ${key}`);
}

/** Returns true if a test fails with this fault. Always restores the file. */
function isNoticed({ file, find, replace, tests }) {
  const source = readFileSync(file, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold exactly once: ${find}`);
  try {
    writeFileSync(
      file,
      source.replace(find, () => replace),
    );
    return !pass(tests);
  } finally {
    writeFileSync(file, source);
  }
}

const chosen = mutants.filter(({ name }) => name.includes(process.argv[2] ?? ''));
const survivors = [];
for (const mutant of chosen) {
  mustPass(mutant.tests);
  const noticed = isNoticed(mutant);
  if (!noticed) survivors.push(mutant);
  console.log(`${noticed ? 'noticed ' : 'SURVIVED'} ${mutant.file}: ${mutant.name}`);
}
console.log(`${chosen.length - survivors.length} passed, ${survivors.length} failed`);
process.exitCode = survivors.length === 0 && chosen.length > 0 ? 0 : 1;
