#!/usr/bin/env node
// Runs every check and every test, or only the named steps: `npm test -- lint unit`.
// The last line is the sum of all results: `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { plain, playwrightFailures, playwrightUnstable, vitestFailures, vitestUnstable } from './test/failures.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const reports = '.cache/reports';
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

/** Runs a command. Resolves with its exit code and its complete output, so that parallel steps do not mix their output. */
function run(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
    });
    const output = [];
    child.stdout.on('data', (data) => output.push(data));
    child.stderr.on('data', (data) => output.push(data));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString() }));
  });
}

const bin = (file, ...args) => [process.execPath, [`node_modules/${file}`, ...args]];

/** Creates a step that counts as one test, which passes if the command ends with 0. */
const check = (command, env) => async () => {
  const { code, output } = await run(...command, env);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output: code === 0 ? '' : plain(output) };
};

const readReport = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

/**
 * Returns the result of a test runner. Counts one failure if the runner wrote no report, or if it failed although no test
 * did. Also prints the failures of tests that passed only when repeated, because they reveal a fault in the test or the code.
 */
function honest({ code, output }, counts, failures, unstable) {
  if (!counts) return { passed: 0, failed: 1, output: plain(output) };
  if (code !== 0 && counts.failed === 0) return { ...counts, failed: 1, output: plain(output) };
  return { ...counts, unstable: unstable.length, output: [...failures, ...unstable].join('\n\n') };
}

const vitest =
  (project, { only = [], env = {} } = {}) =>
  async () => {
    const file = `${reports}/${project}.json`;
    const reporters = ['--silent=true', '--retry=2', '--reporter=json', `--outputFile.json=${file}`];
    const result = await run(...bin('vitest/vitest.mjs', 'run', '--project', project, ...reporters, ...only), env);
    const report = readReport(file);
    if (!report) return honest(result);
    // A file that fails to load has no tests: it counts once.
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    );
    const counts = {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded.length,
      skipped: report.numPendingTests + report.numTodoTests,
    };
    return honest(result, counts, vitestFailures(report), vitestUnstable(report));
  };

const playwright = (name, projects) => async () => {
  const file = `${reports}/${name}.json`;
  const only = projects.map((project) => `--project=${project}`);
  const result = await run(...bin('@playwright/test/cli.js', 'test', '--retries=2', ...only), {
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
  });
  const report = readReport(file);
  if (!report) return honest(result);
  const counts = {
    passed: report.stats.expected + report.stats.flaky,
    failed: report.stats.unexpected + report.errors.length,
    skipped: report.stats.skipped,
  };
  return honest(result, counts, playwrightFailures(report), playwrightUnstable(report));
};

// Tests of the worker have a tsconfig of their own, with the worker's types.
const worlds = [...readdirSync('.'), 'test/sw'].filter((name) => existsSync(`${name}/tsconfig.json`));

/** The steps of a row run in parallel. A row starts when the previous one has ended. */
const rows = [
  { setup: check([process.execPath, ['scripts/setup.mjs']]) },
  {
    ...Object.fromEntries(
      worlds.map((world) => [`types:${world}`, check(bin('typescript-native/bin/tsc', '-p', world))]),
    ),
    'types:config': check(bin('typescript-native/bin/tsc', '-p', 'tsconfig.config.json')),
    lint: check(bin('eslint/bin/eslint.js', '.', '--max-warnings', '0')),
    format: check(bin('prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn')),
  },
  { build: check([process.execPath, ['scripts/build.mjs']]) },
  {
    // The sign of the kiosk mostly waits for its faults. It takes a third of one core for five minutes.
    kiosk: playwright('kiosk', ['kiosk']),
    unit: vitest('unit'),
    package: vitest('package'),
    publint: check(bin('publint/src/cli.js', '--strict')),
    // `attw` must not build again while the tests of the package read dist/.
    attw: check(
      bin(
        '@arethetypeswrong/cli/dist/index.js',
        '--pack',
        '.',
        '--profile',
        'esm-only',
        '--exclude-entrypoints',
        './worker.js',
        './client.js',
        './remove-worker.js',
      ),
      { npm_config_ignore_scripts: 'true' },
    ),
  },
  { e2e: playwright('e2e', ['chromium', 'firefox', 'webkit']) },
];

/** Runs the steps of a row, two at once: the smallest machine has two cores. */
async function runRow(row, done) {
  const queue = Object.entries(row);
  const lane = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const [name, action] = step;
      const begin = performance.now();
      const result = await action();
      done(name, result, (performance.now() - begin) / 1000);
    }
  };
  await Promise.all([lane(), lane()]);
}

/**
 * The step `quick`, which runs only if it is named. It takes less than a minute, uses neither browsers nor servers, and runs
 * a short model test.
 */
const quick = vitest('unit', {
  only: ['test/sw', 'test/src', 'test/shared', 'test/server/', '--exclude', 'test/src/adapters/docs.test.ts'],
  env: { MODEL_RUNS: '800' },
});

const only = process.argv.slice(2);
const wanted = (name) => only.length === 0 || only.includes(name) || only.includes(name.split(':')[0]);
const sum = { passed: 0, failed: 0, skipped: 0, unstable: 0 };
for (const row of only.includes('quick') ? [{ quick }] : rows) {
  const steps = Object.fromEntries(Object.entries(row).filter(([name]) => wanted(name)));
  await runRow(steps, (name, { passed, failed, skipped = 0, unstable = 0, output }, seconds) => {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
    sum.unstable += unstable;
    if (output) console.log(output);
    const counts = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
    console.log(`${failed ? 'FAIL' : 'ok  '} ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s  ${counts}`);
  });
}
if (sum.skipped) console.log(`${sum.skipped} skipped`);
if (sum.unstable) console.log(`${sum.unstable} passed only when run again: see above`);
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
