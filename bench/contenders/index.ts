import { build } from 'vite';

/** One way to serve tiles, measured against the others. */
export interface Contender {
  name: string;
  /** Its name in tables and plots. */
  label: string;
  /** The worker's script, or `undefined` if the page uses only the HTTP cache. */
  worker: string | undefined;
  /** Whether its page uses this package's client. */
  client: boolean;
}

const MEMORY = 16 * 1024 ** 2;

/** Bundles a contender's script, or that of the page, as a classic script. */
export async function bundle(path: string, define: Record<string, string> = {}): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    build: {
      write: false,
      target: 'es2022',
      minify: process.env.BENCH_READABLE === undefined,
      lib: { entry: new URL(path, import.meta.url).pathname, formats: ['iife'], name: 'bench' },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  const [chunk] = (output as { output: Array<{ code?: string }> }).output;
  return chunk?.code ?? '';
}

const all: ReadonlyArray<{ name: string; label: string; worker?: () => Promise<string>; client?: true }> = [
  { name: 'none', label: 'no worker (HTTP cache)' },
  { name: 'tile-cache', label: 'sw-tile-cache', worker: () => ours(MEMORY), client: true },
  { name: 'store-only', label: 'sw-tile-cache, memory tier off', worker: () => ours(0), client: true },
  { name: 'bare', label: 'a worker that only calls fetch', worker: () => bundle('./bare-worker.js') },
  {
    name: 'least',
    label: 'the least worker',
    worker: () => bundle('./least-worker.js'),
  },
  {
    name: 'as-long',
    label: 'the least worker with this package’s script in it, never called',
    worker: async () => `${await bundle('./least-worker.js')}\nself.never = () => {\n${await ours(MEMORY)}\n};`,
  },
  {
    name: 'tracing-off',
    label: 'sw-tile-cache with its inspector, tracing off',
    worker: () => traced(false),
    client: true,
  },
  {
    name: 'tracing-on',
    label: 'sw-tile-cache with its inspector, tracing on',
    worker: () => traced(true),
    client: true,
  },
  { name: 'swr', label: 'hand-written SWR worker', worker: () => bundle('./swr-worker.js') },
  { name: 'workbox', label: 'Workbox SWR + expiration', worker: () => bundle('./workbox-worker.js') },
];

const traced = (on: boolean) => bundle('./traced-worker.js', { __TRACED__: String(on) });
const ours = (bytes: number) => bundle('./tile-cache-worker.js', { __MEMORY_BYTES__: String(bytes) });

/**
 * Returns all contenders except those in `without`. They include this package with and without its memory tier. Ratios are
 * relative to the first contender.
 */
export function contenders(without: readonly string[] = []): Promise<Contender[]> {
  const wanted = all.filter(({ name }) => !without.includes(name));
  return Promise.all(
    wanted.map(async ({ name, label, worker, client = false }) => ({ name, label, client, worker: await worker?.() })),
  );
}
