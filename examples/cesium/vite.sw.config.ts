import { defineConfig } from 'vite';

// Builds the worker: one classic script at the root of the site.
export default defineConfig({
  publicDir: false,
  build: {
    lib: { entry: 'sw.ts', formats: ['iife'], name: 'sw', fileName: () => 'sw.js' },
    outDir: 'public',
    emptyOutDir: false,
  },
});
