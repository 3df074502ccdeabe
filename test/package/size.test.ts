import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bundleSizes } from '../../scripts/size.mjs';

/** Most bytes, gzipped, that each side may cost its users; docs/decisions/004 says why the worker's is what it is. */
const limits = { worker: 49_600, page: 6_000 };

describe('size', async () => {
  const sizes = await bundleSizes();

  it.each(Object.entries(limits))('%s stays within %i bytes gzipped', (name, limit) => {
    expect(sizes[name as keyof typeof limits].gzip).toBeLessThanOrEqual(limit);
    expect(sizes[name as keyof typeof limits].gzip).toBeGreaterThan(500);
  });

  it.each(['worker', 'page'] as const)(
    'of the %s in the README is the measured one (npm run size -- --write)',
    (name) => {
      const told = new RegExp(`<!-- size:${name} -->(.*?)<!-- /size -->`).exec(readFileSync('README.md', 'utf8'))?.[1];
      // Compressors differ by a hair between versions of Node.
      expect(Math.abs(Number(told) - sizes[name].gzip / 1000)).toBeLessThan(0.2);
    },
  );

  it('is measured on what a bundler makes of it', () => {
    expect(sizes.page.gzip).toBe(gzipSync(sizes.page.code, { level: 9 }).length);
  });
});
