import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// A test never waits for time to pass; these limits only end one that hangs, on a machine that is busy.
const limits = { testTimeout: 60_000, hookTimeout: 120_000, environment: 'node' } as const;

export default defineConfig({
  test: {
    // Vitest leaves a core free. Files that wait for a server or a process leave theirs to another one.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        test: {
          ...limits,
          name: 'unit',
          // No module has a state of its own, so files may share what they import: half of the time went into that.
          isolate: false,
          setupFiles: 'test/seed.ts',
          include: ['test/**/*.test.ts'],
          exclude: ['test/package/**'],
        },
      },
      // Tests of what is published: they read dist/, which the set-up builds when a source is newer.
      {
        test: {
          ...limits,
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/build.ts',
        },
      },
    ],
  },
});
