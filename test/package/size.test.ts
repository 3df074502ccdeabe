import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bundleSizes } from '../../scripts/size.mjs';

/** Most bytes, gzipped, that each side may cost its users. */
const limits = { worker: 12_000, page: 4_000 };

describe('size', async () => {
  const sizes = await bundleSizes();

  it.each(Object.entries(limits))('%s stays within %i bytes gzipped', (name, limit) => {
    expect(sizes[name as keyof typeof limits].gzip).toBeLessThanOrEqual(limit);
    expect(sizes[name as keyof typeof limits].gzip).toBeGreaterThan(500);
  });

  it('is measured on what a bundler makes of it', () => {
    expect(sizes.page.gzip).toBe(gzipSync(sizes.page.code, { level: 9 }).length);
  });
});
