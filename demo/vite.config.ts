import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The demo imports the package by its name, as its users do. */
export default defineConfig(({ mode }) => ({
  root: here('.'),
  publicDir: false,
  resolve: {
    alias: {
      'sw-tile-cache/sw': here('../sw/index.ts'),
      'sw-tile-cache/leaflet': here('../src/leaflet.ts'),
      'sw-tile-cache/maplibre': here('../src/maplibre.ts'),
      'sw-tile-cache/openlayers': here('../src/openlayers.ts'),
      'sw-tile-cache': here('../src/index.ts'),
    },
  },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
    // The pages, or (`--mode worker`) the worker, which is one file at the root: its place is its scope.
    rollupOptions:
      mode === 'worker'
        ? { input: here('worker/sw.ts'), output: { format: 'iife', entryFileNames: 'sw.js' } }
        : { input: ['index.html', 'leaflet.html', 'openlayers.html', 'kiosk.html'].map((page) => here(page)) },
  },
}));
