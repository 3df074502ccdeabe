import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bundleSizes, withSizes } from '../../scripts/size.mjs';

/** Most bytes, gzipped, that each side may cost its users; docs/decisions/004 says why the worker's is what it is. */
const limits = { worker: 63_000, page: 7_850, pageAll: 16_300, binding: 10_000, prefetch: 7_650 };
/** Most scripts; Vite adds one of its own, which loads the others. */
const scripts = { worker: 1, page: 2, pageAll: 3, binding: 9, prefetch: 1 };

describe('size', async () => {
  const sizes = await bundleSizes();

  it.each(Object.entries(limits))('%s stays within %i bytes gzipped', (name, limit) => {
    expect(sizes[name as keyof typeof limits].gzip).toBeLessThanOrEqual(limit);
    expect(sizes[name as keyof typeof limits].gzip).toBeGreaterThan(500);
    expect(sizes[name as keyof typeof limits].scripts).toBeLessThanOrEqual(scripts[name as keyof typeof limits]);
  });

  it('in the README is the measured one (npm run size -- --write)', () => {
    const readme = readFileSync('README.md', 'utf8');
    const numbers = (text: string) =>
      [...text.matchAll(/<!-- size:[\w:]+ -->(.*?)<!--/g)].map(([, told]) => Number(told));
    const told = numbers(readme);
    expect(told.length).toBeGreaterThanOrEqual(2);
    // Compressors differ slightly between versions of Node.
    numbers(withSizes(readme, sizes)).forEach((measured, i) => expect(Math.abs(told[i]! - measured)).toBeLessThan(0.2));
  });

  it('is measured on the output of a bundler', () => {
    expect(sizes.worker.gzip).toBe(gzipSync(sizes.worker.code, { level: 9 }).length);
    expect(sizes.worker.code).not.toContain('must be');
  });
});
