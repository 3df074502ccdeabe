import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// A single non-ASCII character makes the browser read the whole script as UTF-16 at each start: decision 014.
it.each(['dist/worker.js', 'dist/remove-worker.js'])('%s is ASCII', (path) => {
  expect(readFileSync(path, 'utf8').match(/.{0,40}[^\0-\x7f].{0,20}/g)).toBeNull();
});
