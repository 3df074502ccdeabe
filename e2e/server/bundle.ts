import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The package's entry points, as users import them, taken from the sources. */
const alias = [
  { find: /^sw-tile-cache$/, replacement: `${root}src/index.ts` },
  { find: /^sw-tile-cache\/sw$/, replacement: `${root}sw/index.ts` },
  { find: /^sw-tile-cache\/sw\/(.+)$/, replacement: `${root}sw/$1.ts` },
  {
    find: /^sw-tile-cache\/(leaflet|maplibre|openlayers|tile-age|tile-regions|tile-inspector|kiosk|vitals|prefetch|react)$/,
    replacement: `${root}src/$1.ts`,
  },
];

// The package declares that its files have no side effects, but the preamble consists of nothing else.
const preamble = { id: `${root}e2e/server/worker-preamble.ts`, moduleSideEffects: true };

const bundles = new Map<string, Promise<string>>();

/** Returns a short name of a source, for URLs. */
export const nameOf = (source: string): string => createHash('sha256').update(source).digest('hex').slice(0, 12);

async function bundleNow(source: string, format: 'iife' | 'es'): Promise<string> {
  const id = `${root}e2e/program.ts`;
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    resolve: { alias },
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: 'program',
        enforce: 'pre',
        resolveId: (name) => (name === 'program' ? id : name === 'test-preamble' ? preamble : undefined),
        load: (name) => (name === id ? source : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      modulePreload: false,
      rolldownOptions: { input: 'program', output: { format, codeSplitting: false } },
    },
  });
  const output = (Array.isArray(result) ? result[0] : result) as Rolldown.RolldownOutput;
  return output.output
    .filter((file) => file.type === 'chunk')
    .map((file) => file.code)
    .join('\n');
}

/**
 * Bundles a few lines of user code, of a worker or a page, into one script. Bundles each text only once. `es` makes a
 * module.
 */
export function bundle(source: string, format: 'iife' | 'es' = 'iife'): Promise<string> {
  const name = `${format} ${source}`;
  const known = bundles.get(name) ?? bundleNow(source, format);
  bundles.set(name, known);
  return known;
}
