#!/usr/bin/env node
// What each side costs its users, gzipped, with all its dependencies: measured on a bundler's minified output.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './entries.mjs';

const programs = {
  worker: `import { createTileCache, presets } from '${root}sw/index.ts';
    createTileCache({ layers: { roads: { ...presets.vector } } }).register();`,
  page: `import { createTileCacheClient } from '${root}src/index.ts';
    globalThis.client = createTileCacheClient({ serviceWorker: '/sw.js' });`,
};

/** The code that loads at once: what is imported on demand lies in other chunks. */
async function bundle(source) {
  const id = '\0program';
  const plugin = {
    name: 'program',
    resolveId: (name) => (name === 'program' ? id : undefined),
    enforce: 'pre',
    load(name) {
      if (name === id) return source;
      // The bundler's own loader of what is imported on demand: other bundlers have none.
      return name.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load();' : undefined;
    },
  };
  const output = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [plugin],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: 'program' },
    },
  });
  const chunks = output.output.filter((file) => file.type === 'chunk');
  const reached = new Set();
  const visit = (chunk) => {
    if (!chunk || reached.has(chunk)) return;
    reached.add(chunk);
    chunk.imports.forEach((name) => visit(chunks.find((other) => other.fileName === name)));
  };
  visit(chunks.find((chunk) => chunk.isEntry));
  return [...reached].map((chunk) => chunk.code).join('\n');
}

/** Code and size of each side. */
export async function bundleSizes() {
  const sizes = {};
  for (const [name, source] of Object.entries(programs)) {
    const code = await bundle(source);
    sizes[name] = { code, bytes: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length };
  }
  return sizes;
}

/** Kilobytes as people read them. */
export const kilobytes = ({ gzip }) => (gzip / 1000).toFixed(1);

/** The README with the sizes between their markers: `<!-- size:worker -->…<!-- /size -->`. */
export const withSizes = (text, sizes) =>
  text.replace(
    /<!-- size:(\w+) -->[^]*?<!-- \/size -->/g,
    (_, name) => `<!-- size:${name} -->${kilobytes(sizes[name])}<!-- /size -->`,
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await bundleSizes();
  for (const [name, { bytes, gzip }] of Object.entries(sizes)) {
    console.log(`${name.padEnd(8)} ${String(bytes).padStart(7)} bytes ${String(gzip).padStart(6)} gzipped`);
  }
  if (process.argv.includes('--write'))
    writeFileSync(`${root}README.md`, withSizes(readFileSync(`${root}README.md`, 'utf8'), sizes));
}
