#!/usr/bin/env node
// Builds dist/: the entry points, the ready-made worker, the declarations.
import { existsSync } from 'node:fs';
import { build } from 'vite';
import { readyWorker, root } from './entries.mjs';
import { emitTypes } from './types.mjs';

process.chdir(root);
await build({ logLevel: 'warn' });
if (existsSync(readyWorker.source)) await build({ mode: 'worker', logLevel: 'warn' });
await emitTypes();
