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
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.ts',
      // Precache the app's shell only, without tiles.
      injectManifest: { globPatterns: ['**/*.{html,js,mjs,css}'] },
      registerType: 'autoUpdate',
      injectRegister: 'script',
      manifest: { name: 'Countries', short_name: 'Countries', start_url: '/', display: 'standalone' },
    }),
  ],
});
