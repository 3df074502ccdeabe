#!/usr/bin/env node
// npm run bench [-- --quick] [--only warm,single] [--rounds 9]   measures and writes bench/results/, plots and documents
// npm run bench -- --figures                                     rewrites the documents from the last results
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { module } = await runnerImport('./bench/main.ts', { configFile: false, logLevel: 'error' });
process.exitCode = await module.main(process.argv.slice(2));
