import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, runnerImport } from 'vite';
import { aliases } from './aliases.mjs';

const demo = fileURLToPath(new URL('.', import.meta.url));
const configFile = `${demo}vite.config.ts`;

/**
 * Builds the pages and then the worker, which precaches them, into memory.
 * @returns {Promise<Map<string, { body: Uint8Array, etag: string }>>} files by path
 */
export async function buildShell() {
  const shell = new Map();
  const common = { configFile, logLevel: 'warn' };
  const pages = await build({ ...common, build: { write: false } });
  for (const { fileName, code, source } of pages.output) add(shell, fileName, code ?? source);

  const manifest = [...shell]
    .filter(([path]) => !path.endsWith('.map'))
    .map(([path, { etag }]) => ({ url: path, revision: path.startsWith('/assets/') ? null : etag.slice(1, -1) }));
  const worker = await build({
    ...common,
    mode: 'worker',
    define: { 'self.__WB_MANIFEST': JSON.stringify(manifest), 'process.env.NODE_ENV': '"production"' },
    build: { write: false },
  });
  for (const { fileName, code, source } of worker.output) add(shell, fileName, code ?? source);
  return shell;
}

/** Loads the origin, which is TypeScript, through Vite. */
export async function loadOrigin() {
  const { module } = await runnerImport(`${demo}origin/main.ts`, {
    configFile: false,
    root: demo,
    resolve: { alias: aliases },
    logLevel: 'warn',
  });
  return module;
}

function add(shell, fileName, content) {
  const body = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
  shell.set(`/${fileName}`, { body, etag });
}
