import { defineConfig } from 'vite';

// One classic script, which the worker that Workbox writes imports.
export default defineConfig({
  publicDir: false,
  build: {
    lib: { entry: 'tiles.ts', formats: ['iife'], name: 'tiles', fileName: () => 'tiles.js' },
    outDir: 'public',
    emptyOutDir: false,
  },
});
