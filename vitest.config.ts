import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/package/**'], environment: 'node' } },
      // Tests of what is published: they read dist/, which the set-up builds when a source is newer.
      { test: { name: 'package', include: ['test/package/**/*.test.ts'], environment: 'node', globalSetup: 'test/package/build.ts' } },
    ],
  },
});
