// Runs each bundler as its users do: with an entry, an output, and no other setting.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const exec = promisify(execFile);

/** A project with the package in its node_modules, as npm would put it there. */
export interface Project {
  /** Bundles a worker's source with one bundler. Resolves with the script. */
  bundle(name: BundlerName | keyof typeof development, source: string): Promise<string>;
  remove(): Promise<void>;
}

interface Place {
  home: string;
  entry: string;
  out: string;
}

/** Returns the only script that a bundler wrote. */
async function onlyScript(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => /\.m?js$/.test(name));
  if (files.length !== 1) throw new Error(`expected one script, found ${files.join(', ')}`);
  return readFile(join(folder, files[0]!), 'utf8');
}

/** Runs code without the test runner's environment, which sets NODE_ENV. */
async function run(home: string, code: string): Promise<void> {
  const { NODE_ENV: _, ...env } = process.env;
  await exec(process.execPath, ['--input-type=module', '-e', code], { cwd: home, env });
}

const vite = (place: Place, build: object) =>
  run(
    place.home,
    `import { build } from 'vite';
     await build({ configFile: false, logLevel: 'error', build: ${JSON.stringify({ outDir: place.out, ...build })} });`,
  );

const esbuild = ({ home, entry, out }: Place, setting: object = {}) =>
  run(
    home,
    `import { build } from 'esbuild';
     await build(${JSON.stringify({ entryPoints: [entry], bundle: true, outdir: out, logLevel: 'error', ...setting })});`,
  );

const bundlers = {
  'vite app': (place: Place) => vite(place, { rolldownOptions: { input: place.entry } }),
  'vite library': (place: Place) => vite(place, { lib: { entry: place.entry, formats: ['es'], fileName: 'sw' } }),
  rollup: (place: Place) =>
    run(
      place.home,
      `import { rollup } from 'rollup';
       import { nodeResolve } from '@rollup/plugin-node-resolve';
       const bundle = await rollup({ input: ${JSON.stringify(place.entry)}, plugins: [nodeResolve()] });
       await bundle.write({ dir: ${JSON.stringify(place.out)} });`,
    ),
  webpack: (place: Place) =>
    run(
      place.home,
      `import webpack from 'webpack';
       const output = { path: ${JSON.stringify(place.out)} };
       const stats = await new Promise((resolve, reject) =>
         webpack({ mode: 'production', entry: ${JSON.stringify(place.entry)}, output },
           (error, stats) => (error ? reject(error) : resolve(stats))));
       if (stats.hasErrors()) throw new Error(stats.toString());`,
    ),
  esbuild: (place: Place) => esbuild(place),
  parcel: async (place: Place) => {
    const { NODE_ENV: _, ...env } = process.env;
    const cli = createRequire(import.meta.url).resolve('parcel/lib/bin.js');
    const args = ['build', place.entry, '--dist-dir', place.out, '--cache-dir', `${place.out}-cache`];
    const quietly = ['--no-source-maps', '--no-cache', '--log-level', 'error'];
    await exec(process.execPath, [cli, ...args, ...quietly], { cwd: place.home, env });
  },
} satisfies Record<string, (place: Place) => Promise<void>>;

export type BundlerName = keyof typeof bundlers;
/** The names of all bundlers. */
export const bundlerNames = Object.keys(bundlers) as BundlerName[];

/** The settings of a development server. */
const development = {
  'esbuild development': (place: Place) => esbuild(place, { conditions: ['development'] }),
};

/** Creates a project. Needs `dist/`. */
export async function createProject(): Promise<Project> {
  await mkdir(join(root, '.cache'), { recursive: true });
  const home = await mkdtemp(join(root, '.cache/bundlers-'));
  await writeFile(join(home, 'package.json'), '{ "name": "app", "private": true, "version": "1.0.0" }\n');
  const installed = join(home, 'node_modules/sw-tile-cache');
  await mkdir(installed, { recursive: true });
  await cp(join(root, 'package.json'), join(installed, 'package.json'));
  await cp(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
  let count = 0;
  return {
    async bundle(name, source) {
      const entry = join(home, `sw-${(count += 1)}.js`);
      const out = join(home, `dist-${count}`);
      await writeFile(entry, source);
      await { ...bundlers, ...development }[name]({ home, entry, out });
      return onlyScript(out);
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
