#!/usr/bin/env node
// Installs the browsers and servers that the tests drive, if they are missing.
//   On Debian and its derivatives: the distribution's packages, with apt-get.
//   Elsewhere: Playwright's own browsers. Tests of nginx, Varnish, Redis, PostgreSQL and Prometheus are skipped if these are
//   missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packages = [
  'chromium',
  'firefox-esr',
  'webkit2gtk-driver',
  'xvfb',
  'nginx-light',
  'varnish',
  'redis-server',
  'prometheus',
  'postgresql',
  'postgresql-postgis',
  'openssl',
  'curl',
  'python3-fastapi',
  'python3-uvicorn',
  'python3-flask',
];

/** Packages that only make the tests faster. Old distributions do not have them. */
const helpful = ['chromium-headless-shell'];

/** Packages that can replace another one. */
const alternatives = { 'nginx-light': ['nginx', 'nginx-core', 'nginx-full', 'nginx-extras'] };

function run(command, args, options = {}) {
  console.log(`$ ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with status ${status}`);
}

function installed(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' });
  return stdout?.includes('install ok installed') ?? false;
}

function missingOf(names) {
  return names.filter((name) => ![name, ...(alternatives[name] ?? [])].some(installed));
}

function setupDebian() {
  const missing = missingOf(packages);
  const faster = missingOf(helpful);
  if (missing.length + faster.length === 0) return;
  const root = process.getuid?.() === 0;
  if (!root && spawnSync('sudo', ['-n', 'true']).status !== 0) {
    if (missing.length === 0) return;
    throw new Error(`packages are missing; as root: apt-get install ${missing.join(' ')}`);
  }
  // Runlevel 1 prevents the packages from starting their daemons: the tests start servers themselves, on free ports.
  const variables = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const apt = (...args) => run(root ? 'env' : 'sudo', [...(root ? [] : ['env']), ...variables, 'apt-get', ...args]);
  const install = (names, ...options) => {
    apt('update', '-qq', ...options);
    apt('install', '-y', '-qq', '--no-install-recommends', ...options, ...names);
  };
  if (missing.length > 0) install(missing);
  if (faster.length === 0) return;
  try {
    install(faster, '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=0');
  } catch (error) {
    console.log(`setup: continues without ${faster.join(' ')} (${error.message})`);
  }
}

async function setupElsewhere() {
  const { chromium, firefox } = await import('playwright');
  const missing = [chromium, firefox]
    .filter((browser) => !existsSync(browser.executablePath()))
    .map((browser) => browser.name());
  if (missing.length > 0) run('npx', ['playwright', 'install', '--with-deps', ...missing]);
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
try {
  if (existsSync('/etc/debian_version')) setupDebian();
  else await setupElsewhere();
} catch (error) {
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
