import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withFigures } from '../../bench/stream-load-figures';

it('docs/scale.md says what the benchmark measured', () => {
  const document = readFileSync('docs/scale.md', 'utf8');
  expect(document).toBe(withFigures(document, JSON.parse(readFileSync('bench/results/stream-load.json', 'utf8'))));
});
