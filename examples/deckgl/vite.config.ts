import { defineConfig } from 'vite';

// Tiles and versions come from here, as if from the app's own origin.
const target = process.env.TILES ?? 'http://127.0.0.1:8080';
const proxy = { '/tiles': target, '/api': target };

export default defineConfig({ build: { target: 'es2022' }, server: { proxy }, preview: { proxy } });
