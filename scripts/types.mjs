// Emits the declarations of every entry point, one world at a time, and adapts them to Node's module resolution and to older
// compilers.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { entries } from './entries.mjs';

const out = 'dist/types';

function emit(world) {
  const flags = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--rootDir', '.', '--outDir', out];
  return new Promise((resolve, reject) => {
    spawn(process.execPath, ['node_modules/typescript-native/bin/tsc', '-p', world, ...flags], { stdio: 'inherit' })
      .on('error', reject)
      .on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`tsc -p ${world} failed`))));
  });
}

/**
 * Adds the extensions that Node's resolution demands in declarations (`./file.js`). The sources import without them.
 */
export function addExtensions(text, file, exists = existsSync) {
  return text.replace(
    /(\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)(['"])(\.{1,2}\/[^'"]*)\2/g,
    (whole, before, quote, specifier) => {
      if (/\.m?js$/.test(specifier)) return whole;
      const target = join(dirname(file), specifier);
      const suffix = exists(`${target}.d.ts`) ? '.js' : '/index.js';
      return `${before}${quote}${specifier}${suffix}${quote}`;
    },
  );
}

/** Removes the type parameter of typed arrays, which TypeScript before 5.7 does not know. */
export const withoutBuffers = (text) => text.replace(/\b((?:Uint|Int)(?:8|16|32)Array|DataView)<ArrayBuffer>/g, '$1');

const imports = (text) =>
  [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)['"](\.{1,2}\/[^'"]*)\.js['"]/g)].map(
    (match) => match[1],
  );

/** Deletes the declarations that no entry point imports. */
function prune(files) {
  const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file) || !texts.has(file)) return;
    reached.add(file);
    for (const specifier of imports(texts.get(file))) visit(normalize(`${join(dirname(file), specifier)}.d.ts`));
  };
  for (const { source } of Object.values(entries)) visit(join(out, source.replace(/\.ts$/, '.d.ts')));
  for (const file of files) if (!reached.has(file)) rmSync(file);
}

export async function emitTypes() {
  const worlds = ['src', 'sw', 'server'].filter((world) =>
    Object.values(entries).some(({ source }) => source.startsWith(`${world}/`)),
  );
  for (const world of worlds) await emit(world);
  const files = readdirSync(out, { recursive: true })
    .filter((name) => name.endsWith('.d.ts'))
    .map((name) => join(out, name));
  for (const file of files) writeFileSync(file, withoutBuffers(addExtensions(readFileSync(file, 'utf8'), file)));
  prune(files);
}
