// The entry points of the package, in one place: the build, package.json's `exports` and the checks read this map.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Export name -> source file, and the name of the built file without its extension. */
const all = {
  '.': { source: 'src/index.ts', out: 'index' },
  './sw': { source: 'sw/index.ts', out: 'sw' },
  './sw/placeholders': { source: 'sw/placeholders.ts', out: 'sw-placeholders' },
  './sw/pmtiles': { source: 'sw/pmtiles.ts', out: 'sw-pmtiles' },
  './sw/regions': { source: 'sw/regions.ts', out: 'sw-regions' },
  './sw/inspect': { source: 'sw/inspect.ts', out: 'sw-inspect' },
  './sw/move-in': { source: 'sw/move-in.ts', out: 'sw-move-in' },
  './leaflet': { source: 'src/leaflet.ts', out: 'leaflet' },
  './maplibre': { source: 'src/maplibre.ts', out: 'maplibre' },
  './openlayers': { source: 'src/openlayers.ts', out: 'openlayers' },
  './tile-age': { source: 'src/tile-age.ts', out: 'tile-age' },
  './vitals': { source: 'src/vitals.ts', out: 'vitals' },
  './prefetch': { source: 'src/prefetch.ts', out: 'prefetch' },
  './react': { source: 'src/react.ts', out: 'react' },
  './kiosk': { source: 'src/kiosk.ts', out: 'kiosk' },
  './tile-regions': { source: 'src/tile-regions.ts', out: 'tile-regions' },
  './tile-inspector': { source: 'src/tile-inspector.ts', out: 'tile-inspector' },
  './server': { source: 'server/index.ts', out: 'server' },
};

export const root = fileURLToPath(new URL('..', import.meta.url));

export const entries = Object.fromEntries(
  Object.entries(all).filter(([, { source }]) => existsSync(`${root}${source}`)),
);

/** The command `npx sw-tile-cache …`. */
export const cli = { source: 'server/cli/cli.ts', out: 'cli' };

/** The ready-made worker: one classic script for pages without a bundler. */
export const readyWorker = { source: 'sw/worker.ts', out: 'worker' };

/** The worker that replaces a deployed worker and removes it: one classic script as well. */
export const removeWorker = { source: 'sw/remove-worker.ts', out: 'remove-worker' };

/** The entry points of one world: `src` (pages), `sw` (the worker) or `server`. */
export const entriesOf = (world) => Object.values(entries).filter(({ source }) => source.startsWith(`${world}/`));

/** Worlds with two builds: in production, errors have only their code and field; in development, they also explain. */
export const twofold = ['src', 'sw'];

/** The page's side as one module with its dependencies, for pages without a bundler. */
export const readyPage = { source: 'src/client-page.ts', out: 'client' };

/** Returns package.json's `exports`: only the entry points, each with its types first. */
export function packageExports() {
  const map = Object.fromEntries(
    Object.entries(entries).map(([name, { source, out }]) => [
      name,
      {
        types: `./dist/types/${source.replace(/\.ts$/, '.d.ts')}`,
        ...(twofold.some((world) => source.startsWith(`${world}/`)) && { development: `./dist/dev/${out}.js` }),
        default: `./dist/${out}.js`,
      },
    ]),
  );
  return {
    ...map,
    './worker.js': `./dist/${readyWorker.out}.js`,
    './remove-worker.js': `./dist/${removeWorker.out}.js`,
    './client.js': `./dist/${readyPage.out}.js`,
    './package.json': './package.json',
  };
}

/**
 * Returns package.json's `alias`. Parcel needs it to find the files, because it ignores `exports` by default. Other tools
 * ignore `alias`.
 */
export const packageAlias = () =>
  Object.fromEntries([
    ...Object.entries(entries).flatMap(([name, { out }]) => (name === '.' ? [] : [[name, `./dist/${out}.js`]])),
    ...[readyWorker, removeWorker].map(({ out }) => [`./${out}.js`, `./dist/${out}.js`]),
  ]);
