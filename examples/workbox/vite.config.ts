import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

const target = process.env.TILES ?? 'http://127.0.0.1:8080';
const proxy = { '/tiles': target, '/api': target };

export default defineConfig({
  build: { target: 'es2022' },
  server: { proxy },
  preview: { proxy },
  plugins: [
    VitePWA({
      strategies: 'generateSW',
      // The worker that Workbox generates imports the tile cache.
      workbox: {
        skipWaiting: true,
        clientsClaim: true,
        globPatterns: ['**/*.{html,js,mjs,css}'],
        globIgnores: ['tiles.js'],
        importScripts: ['/tiles.js'],
      },
      registerType: 'autoUpdate',
      injectRegister: 'script',
      manifest: { name: 'Countries', short_name: 'Countries', start_url: '/', display: 'standalone' },
    }),
  ],
});
