import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutants } from '../scripts/mutants/list.mjs';

// A fault that is no longer where the list says it is could not be made, and nobody would see it.
it.each(mutants)('the fault is where the list says: $name', ({ file, find, replace, tests }) => {
  expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  for (const folder of tests) expect(existsSync(folder), folder).toBe(true);
});
