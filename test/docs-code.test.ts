import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/docs-code-');
afterAll(() => rmSync(folder, { recursive: true }));

type World = 'src' | 'sw' | 'server';
interface Block {
  /** A file name made of the page and the line. */
  file: string;
  code: string;
  world: World;
}

/** Names that the text around a block has introduced, with their types. */
const NAMES: Record<World, Record<string, string>> = {
  src: {
    client: "import('sw-tile-cache').TileCacheClient",
    createTileCacheClient: "typeof import('sw-tile-cache').createTileCacheClient",
    bindTileLayer: "typeof import('sw-tile-cache/leaflet').bindTileLayer",
    bindSource: "typeof import('sw-tile-cache/maplibre').bindSource",
    bindLayer: "typeof import('sw-tile-cache/openlayers').bindLayer",
    binding: "import('sw-tile-cache/leaflet').Binding",
    badge: "import('sw-tile-cache/tile-age').TileAgeElement",
    prefetch: "ReturnType<typeof import('sw-tile-cache/prefetch').prefetchTiles>",
    ...Object.fromEntries(['map', 'layer', 'button', 'counter', 'userId'].map((name) => [name, 'any'])),
  },
  sw: {
    createTileCache: "typeof import('sw-tile-cache/sw').createTileCache",
    presets: "typeof import('sw-tile-cache/sw').presets",
    layers: "NonNullable<import('sw-tile-cache/sw').TileCacheOptions['layers']>",
  },
  server: {
    createTileOrigin: "typeof import('sw-tile-cache/server').createTileOrigin",
    createRedisVersionStore: "typeof import('sw-tile-cache/server').createRedisVersionStore",
    origin: "import('sw-tile-cache/server').TileOrigin",
    tiles: "import('sw-tile-cache/server').Handler",
    renderTile: "import('sw-tile-cache/server').Handler",
    server: "import('node:http').Server",
    purgers: "import('sw-tile-cache/server').Purger[]",
    Hono: "typeof import('hono').Hono",
    getConnInfo: "typeof import('@hono/node-server/conninfo').getConnInfo",
    ...Object.fromEntries(['token', 'url', 'template'].map((name) => [name, 'string'])),
    createTileCacheClient: 'any',
  },
};

/** A block that shows a part of the options. */
const PART = /^(?:\/\/.*\n)*\w+: \{/;
const PARTS: Partial<Record<World, string>> = {
  sw: "Record<string, import('sw-tile-cache/sw').LayerOptions>",
  server: "import('sw-tile-cache/server').TileOriginOptions",
};

function worldOf(page: string, code: string): World {
  if (/sw-tile-cache\/server'|createTileOrigin/.test(code) || /(origin|publish)\.md$/.test(page)) return 'server';
  if (/sw-tile-cache\/sw['/]|createTileCache\(|ServiceWorkerGlobalScope/.test(code)) return 'sw';
  return page.endsWith('layers.md') && PART.test(code) ? 'sw' : 'src';
}

const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.md') && !name.startsWith('api'),
);
const blocks = pages.flatMap((page): Block[] => {
  const text = readFileSync(join('docs', page), 'utf8');
  return [...text.matchAll(/^```(tsx?)\n([^]*?)^```/gm)].map(({ 1: extension, 2: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length;
    return { file: `${page.replace(/\W/g, '-')}-${line}.${extension}`, code, world: worldOf(page, code) };
  });
});

/** Compiles the blocks of a world and returns the compiler's errors. */
function compile(world: World): string {
  const home = join(folder, world);
  mkdirSync(home);
  const names = Object.entries(NAMES[world]).map(([name, type]) => `declare const ${name}: ${type};`);
  writeFileSync(join(home, 'names.d.ts'), names.join('\n'));
  const own = blocks.filter((block) => block.world === world);
  for (const { file, code } of own) {
    const text = PART.test(code) ? `const part: ${PARTS[world]} = {\n${code}};\n` : code;
    writeFileSync(join(home, file), `${text}\nexport {};\n`);
  }
  const root = '../../..';
  const compilerOptions = {
    noUnusedLocals: false,
    allowUmdGlobalAccess: true,
    jsx: 'react-jsx',
    ...(world === 'src' && { types: ['vite/client'] }),
    paths: {
      'sw-tile-cache': [`${root}/src/index.ts`],
      'sw-tile-cache/sw': [`${root}/sw/index.ts`],
      'sw-tile-cache/sw/*': [`${root}/sw/*.ts`],
      'sw-tile-cache/server': [`${root}/server/index.ts`],
      'sw-tile-cache/*': [`${root}/src/*.ts`],
    },
  };
  writeFileSync(
    join(home, 'tsconfig.json'),
    JSON.stringify({
      extends: `${root}/${world}/tsconfig.json`,
      compilerOptions,
      include: [],
      files: ['names.d.ts', ...own.map(({ file }) => file)],
    }),
  );
  try {
    execFileSync(process.execPath, ['node_modules/typescript-native/bin/tsc', '-p', home], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

describe('the TypeScript code of all pages under docs/', () => {
  it.each([
    ['src', 60],
    ['sw', 15],
    ['server', 8],
  ] as const)('compiles: %s', { timeout: 120_000 }, (world, least) => {
    expect(blocks.filter((block) => block.world === world).length).toBeGreaterThanOrEqual(least);
    expect(compile(world)).toBe('');
  });
});
