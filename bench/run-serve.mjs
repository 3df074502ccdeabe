#!/usr/bin/env node
// node bench/run-serve.mjs [--requests 3000]   measures what the sidecar adds to a tile, and writes it into docs/serve.md
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// Bundle into one file: the sidecar loads modules when it starts, and by then Vite's runner no longer serves them.
const outfile = `node_modules/.cache/serve-overhead-${process.pid}.mjs`;
await build({
  ...{ entryPoints: ['bench/serve-overhead.ts'], outfile, logLevel: 'error' },
  ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm' },
});
const { main } = await import(new URL(`../${outfile}`, import.meta.url).href);
rmSync(outfile);
process.exitCode = await main(process.argv.slice(2));
