#!/usr/bin/env node
// node bench/run-stream-load.mjs [--clients 1000] [--pollers 200] [--publications 20]   measures one origin instance on loopback
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { module } = await runnerImport('./bench/stream-load.ts', { configFile: false, logLevel: 'error' });
process.exitCode = await module.main(process.argv.slice(2));
