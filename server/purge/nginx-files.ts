import { resolveLayer } from '../../src/shared/resolve-layer';
import { createTileMatcher } from '../../src/shared/tile-matcher';
import { record, text } from '../../src/shared/validate';
import { callable, checkOwnOptions, CODE } from '../util/option-readers';
import { purgeFailed, type Purger, type PurgeResult } from './purger';

/** Options of `createNginxFilesPurger`. */
export interface NginxFilesOptions {
  /** The directory of `proxy_cache_path`, local or mounted. */
  cachePath: string;
  /**
   * Returns whether a cache key belongs to the purge.
   * @default the key's path contains `{layer}` as a segment, or is one of the URLs
   */
  matches?: (key: string, request: { layer: string; urls?: readonly string[] }) => boolean;
}

/**
 * Bytes to search for the key. nginx writes a binary header, then the key, then the response, whose offset is a 16-bit
 * number.
 */
const LONGEST_HEAD = 65_536;
const FIRST_READ = 2048;
const MAX_PARALLEL = 32;

const readFilesOptions = record<NginxFilesOptions>({ cachePath: text(/./, 'a path'), matches: callable() }, CODE);

/**
 * Creates a purger that deletes nginx's cache files by their key, which purges a whole layer without a purge module. nginx
 * then finds no file and requests the tile from the origin. `purge` rejects with `NETWORK_FAILED` if it cannot read the
 * directory or one of its files (nginx makes them readable only for its own user, so run the purger as that user), or if
 * the directory is not an nginx cache. Throws `INVALID_OPTION` for an invalid or unknown option.
 */
export function createNginxFilesPurger(options: NginxFilesOptions): Purger {
  checkOwnOptions(options, readFilesOptions, 'cachePath');
  const { cachePath, matches } = options;
  return {
    name: 'nginx',
    byTag: false,
    async purge(request) {
      const { rm } = await import('node:fs/promises');
      const wanted = matches ? (key: string) => matches(key, request) : matcherOf(request.layer, request.urls);
      const found = await filesIn(cachePath);
      const counts = { keys: 0, deleted: 0 };
      const failures: unknown[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        for (let file = found[next++]; file !== undefined; file = found[next++]) {
          try {
            const key = await readKey(file);
            if (key === undefined) continue;
            counts.keys += 1;
            if (!wanted(key)) continue;
            await rm(file, { force: true });
            counts.deleted += 1;
          } catch (error) {
            failures.push(error);
          }
        }
      };
      await Promise.all(Array.from({ length: MAX_PARALLEL }, work));
      if (failures.length > 0)
        throw purgeFailed(
          'nginx',
          `${failures.length} cache files could not be read or deleted: ${codeOf(failures[0])}`,
          failures[0],
        );
      if (found.length > 0 && counts.keys === 0)
        throw purgeFailed('nginx', `none of the ${found.length} files in the directory is a cache file of nginx`);
      return outcome(counts.deleted, counts.keys);
    },
  };
}

/** Creates the result. If nothing was deleted, it says why. */
function outcome(deleted: number, keys: number): PurgeResult {
  const detail = keys === 0 ? 'nothing is cached' : `none of the ${keys} cached responses had to be purged`;
  return { requests: deleted, retries: 0, ...(deleted === 0 && { detail }) };
}

async function filesIn(folder: string): Promise<string[]> {
  const { opendir } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const found: string[] = [];
  try {
    for await (const entry of await opendir(folder, { recursive: true }))
      if (entry.isFile()) found.push(join(entry.parentPath ?? entry.path, entry.name));
  } catch (error) {
    throw purgeFailed('nginx', 'the cache directory cannot be read', error);
  }
  return found;
}

/**
 * Reads the key of a cache file. Resolves with `undefined` if the file is gone or is not nginx's. Rejects if it cannot
 * be read.
 */
async function readKey(path: string): Promise<string | undefined> {
  const { open } = await import('node:fs/promises');
  let file;
  try {
    file = await open(path);
  } catch (error) {
    // nginx may delete a file at any time. After any other error (nginx creates files with mode 0600) the old tile
    // would stay.
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    for (let size = FIRST_READ; size <= LONGEST_HEAD; size *= 2) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
      const head = buffer.subarray(0, bytesRead);
      const begin = head.indexOf('\nKEY: ');
      const end = begin < 0 ? -1 : head.indexOf('\n', begin + 1);
      if (end > 0) return head.toString('utf8', begin + '\nKEY: '.length, end);
      if (bytesRead < size) break;
    }
    // A cache file without a key may belong to any layer, so the purge cannot succeed.
    if (/[\\/][\da-f]{32}$/.test(path) && (await file.stat()).size > 0)
      throw Object.assign(new Error('a cache file without a key'), { code: 'no key in it' });
    return undefined;
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? 'unknown reason');
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * Creates a function that matches the keys of the layer or of the URLs. It ignores escapes, because browsers and
 * servers write `:` and `,` both ways.
 */
function matcherOf(layer: string, urls: readonly string[] | undefined): (key: string) => boolean {
  if (urls) {
    const paths = new Set(urls.map((url) => decoded(pathOf(url))));
    return (key) => paths.has(decoded(pathOf(key)));
  }
  const origin = 'https://tiles.invalid';
  const ofDefault = createTileMatcher({
    layers: [],
    catchAll: (name) => resolveLayer(name, {}, { catchAll: true }),
    origin,
  });
  return (key) => {
    const path = pathOf(key);
    const segments = path.split('/').slice(1).map(decoded);
    // The last segment may be the layer's TileJSON: `/tiles/roads.json`.
    if (segments.some((segment, i) => segment === layer || (i === segments.length - 1 && isFileOf(segment, layer))))
      return true;
    const begin = path.indexOf('/tiles/');
    // `/tiles/{z}/{x}/{y}.png` belongs to the layer `default`.
    return layer === 'default' && begin >= 0 && ofDefault(origin + path.slice(begin))?.layer.name === layer;
  };
}

const isFileOf = (segment: string, layer: string) => segment.startsWith(`${layer}.`);

/** Returns the path of a URL, or of a cache key such as `httptiles.example/tiles/roads/1/0/0.pbf?v=1`. */
function pathOf(key: string): string {
  return /\/[^?#|\s]*/.exec(key.replace(/^\w+:\/\//, ''))?.[0] ?? '';
}
