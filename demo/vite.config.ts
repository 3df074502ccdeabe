import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The demo imports the package by its name, as its users do. */
export default defineConfig({
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
    rollupOptions: {
      input: ['index.html', 'leaflet.html', 'openlayers.html', 'kiosk.html'].map((page) => here(page)),
    },
  },
});
