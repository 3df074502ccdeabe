import { defineConfig } from 'vite';

// Proxies the map services, so that they seem to be on the app's own origin.
const target = process.env.SERVICES ?? 'http://127.0.0.1:8080';
const proxy = { '/wms': target, '/wmts': target, '/api': target };

export default defineConfig({ build: { target: 'es2022' }, server: { proxy }, preview: { proxy } });
