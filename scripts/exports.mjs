#!/usr/bin/env node
// Writes package.json's `exports` and the fields that depend on them from the map of entry points.
import { readFileSync, writeFileSync } from 'node:fs';
import { packageAlias, packageExports, root } from './entries.mjs';

const file = `${root}package.json`;
const manifest = JSON.parse(readFileSync(file, 'utf8'));
manifest.exports = packageExports();
manifest.alias = packageAlias();
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
