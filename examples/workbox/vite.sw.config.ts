import { defineConfig } from 'vite';

// Builds one classic script, which the worker that Workbox generates imports.
export default defineConfig({
  publicDir: false,
  build: {
    lib: { entry: 'tiles.ts', formats: ['iife'], name: 'tiles', fileName: () => 'tiles.js' },
    outDir: 'public',
    emptyOutDir: false,
  },
});
