import { defineConfig } from 'vite';

// Proxies tiles and versions, so that they seem to be on the app's own origin.
const target = process.env.TILES ?? 'http://127.0.0.1:8080';
const proxy = { '/tiles': target, '/api': target };

export default defineConfig({ build: { target: 'es2022' }, server: { proxy }, preview: { proxy } });
