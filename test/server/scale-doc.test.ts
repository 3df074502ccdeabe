import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type ServeOverhead, withOverhead } from '../../bench/serve-figures';
import { withFigures } from '../../bench/stream-load-figures';

it('docs/scale.md says what the benchmark measured', () => {
  const document = readFileSync('docs/scale.md', 'utf8');
  expect(document).toBe(withFigures(document, JSON.parse(readFileSync('bench/results/stream-load.json', 'utf8'))));
});

it('docs/serve.md says what the sidecar adds to a tile, a millisecond at most', () => {
  const document = readFileSync('docs/serve.md', 'utf8');
  const result = JSON.parse(readFileSync('bench/results/serve.json', 'utf8')) as ServeOverhead;
  expect(document).toBe(withOverhead(document, result));
  expect(result.added).toBeLessThanOrEqual(1);
});
