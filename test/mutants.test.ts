import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutants } from '../scripts/mutants/list.mjs';

// `npm run mutants` runs only on demand, so it would be late to notice that a fault no longer matches the code.
it.each(mutants)('the fault can be inserted: $name', ({ file, find, replace, tests }) => {
  expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  for (const folder of tests) expect(existsSync(folder), folder).toBe(true);
});
