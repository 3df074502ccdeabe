#!/usr/bin/env node
// Builds dist/: the entry points, the ready-made worker, the declarations, licence notices, a bill of materials.
import { rmSync } from 'node:fs';
import { build } from 'vite';
import { root, twofold } from './entries.mjs';
import { writeBillOfMaterials, writeNotices } from './notices.mjs';
import { emitTypes } from './types.mjs';

process.chdir(root);
rmSync('dist', { recursive: true, force: true });
const modes = [
  'server',
  ...twofold.flatMap((world) => [world, `${world}:development`]),
  'worker',
  'remove-worker',
  'page',
];
const built = [];
for (const mode of modes) built.push(await build({ mode, logLevel: 'warn' }));
writeNotices(built);
writeBillOfMaterials();
await emitTypes();
