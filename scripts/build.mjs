#!/usr/bin/env node
// Builds dist/: the entry points, the ready-made worker, the declarations, licence notices, a bill of materials.
import { existsSync } from 'node:fs';
import { build } from 'vite';
import { readyWorker, root } from './entries.mjs';
import { writeBillOfMaterials, writeNotices } from './notices.mjs';
import { emitTypes } from './types.mjs';

process.chdir(root);
const built = [await build({ logLevel: 'warn' })];
if (existsSync(readyWorker.source)) built.push(await build({ mode: 'worker', logLevel: 'warn' }));
writeNotices(built);
writeBillOfMaterials();
await emitTypes();
