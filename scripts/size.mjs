#!/usr/bin/env node
// Measures what users download: the production build of the README's worker and page with all dependencies, minified and
// compressed with gzip and Brotli. `--write` puts the sizes into the README.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './entries.mjs';
import { terse } from './terse.mjs';

/** Returns the README's first two blocks of code: the worker, and the page. */
function programs() {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const [worker, page] = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);
  return { worker, page };
}

const alias = [
  { find: /^sw-tile-cache$/, replacement: `${root}src/index.ts` },
  { find: /^sw-tile-cache\/sw$/, replacement: `${root}sw/index.ts` },
  {
    find: /^sw-tile-cache\/(leaflet|maplibre|openlayers|tile-age|tile-regions|tile-inspector|prefetch)$/,
    replacement: `${root}src/$1.ts`,
  },
];

/** Scripts that the README's page loads only if it uses their feature. */
const SELDOM = /^(rum|regions|move-in)/;

/** Returns the scripts of a program. `atOnce` is true for scripts that the page loads at its start, not on demand. */
async function bundle(source) {
  const id = '\0program';
  const plugin = {
    name: 'program',
    resolveId: (name) => (name === 'program' ? id : undefined),
    enforce: 'pre',
    load(name) {
      if (name === id) return source;
      // Replace Vite's helper for dynamic imports, which other bundlers do not add.
      return name.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load();' : undefined;
    },
  };
  const output = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [plugin, terse()],
    resolve: { alias },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: 'program', external: [/^(maplibre-gl|leaflet|ol)(\/|$)/] },
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
  return chunks.map((chunk) => ({ name: chunk.name, code: chunk.code, atOnce: reached.has(chunk) }));
}

function sizeOf(scripts) {
  // Compress each script separately, as a server does.
  const sum = (measure) => scripts.reduce((total, { code }) => total + measure(code), 0);
  return {
    code: scripts.map(({ code }) => code).join('\n'),
    scripts: scripts.length,
    bytes: sum((code) => Buffer.byteLength(code)),
    gzip: sum((code) => gzipSync(code, { level: 9 }).length),
    brotli: sum((code) => brotliCompressSync(code).length),
  };
}

/** Returns the page's program without the lines about the map. */
const clientOnly = (page) => page.replace(/^.*(?:sw-tile-cache\/leaflet|\.\/map|bindTileLayer).*$/gm, '');

const BINDING = "import { bindTileLayer } from 'sw-tile-cache/leaflet'; globalThis.bind = bindTileLayer;";

const PREFETCH = "import { prefetchTiles } from 'sw-tile-cache/prefetch'; globalThis.prefetch = prefetchTiles;";

/**
 * Returns the sizes of the worker, of a binding, of prefetching, and of the client: `page` contains the scripts that it loads
 * at its start, and `pageAll` all scripts that the README's page loads.
 */
export async function bundleSizes() {
  const { worker, page } = programs();
  const scripts = await bundle(`${clientOnly(page)}\nglobalThis.client = client;`);
  return {
    worker: sizeOf(await bundle(worker)),
    binding: sizeOf(await bundle(BINDING)),
    prefetch: sizeOf(await bundle(PREFETCH)),
    page: sizeOf(scripts.filter(({ atOnce }) => atOnce)),
    pageAll: sizeOf(scripts.filter(({ name }) => !SELDOM.test(name))),
  };
}

/** Formats bytes as kilobytes with one decimal. */
export const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

/**
 * Returns the README with the sizes between their markers: `<!-- size:worker -->…<!-- /size -->`, `size:worker:brotli`,
 * `size:pageAll:scripts`.
 */
export const withSizes = (text, sizes) =>
  text.replace(/<!-- size:(\w+)(?::(\w+))? -->[^]*?<!-- \/size -->/g, (_, name, what = 'gzip') => {
    const value = sizes[name][what];
    const mark = what === 'gzip' ? name : `${name}:${what}`;
    return `<!-- size:${mark} -->${what === 'scripts' ? value : kilobytes(value)}<!-- /size -->`;
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await bundleSizes();
  for (const [name, { scripts, bytes, gzip, brotli }] of Object.entries(sizes)) {
    const columns = [scripts, bytes, gzip, brotli].map((value) => String(value).padStart(7));
    console.log(name.padEnd(8), columns.join(' '), ' scripts, bytes, gzipped, brotli');
  }
  if (process.argv.includes('--write'))
    writeFileSync(`${root}README.md`, withSizes(readFileSync(`${root}README.md`, 'utf8'), sizes));
}
