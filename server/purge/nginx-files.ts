import { TileCacheError } from '../../src/shared/errors';
import { resolveLayer } from '../../src/shared/resolve-layer';
import { createTileMatcher } from '../../src/shared/tile-matcher';
import { purgeFailed, type Purger, type PurgeResult } from './purger';

/** Options of `createNginxFilesPurger`. */
export interface NginxFilesOptions {
  /** The directory of `proxy_cache_path`, on this machine or mounted. */
  cachePath: string;
  /** Whether a cache key belongs to what is purged. @default the key's path has `{layer}` as a segment, or is one of the URLs' */
  matches?: (key: string, request: { layer: string; urls?: readonly string[] }) => boolean;
}

/** nginx writes the key behind a binary head, and the answer behind the key; the file says in 16 bits where that begins. */
const LONGEST_HEAD = 65_536;
const FIRST_READ = 2048;
const MAX_PARALLEL = 32;

/**
 * Deletes nginx's cache files by their key, the way to purge a whole layer without a purge module.
 * nginx then finds no file and asks the origin. Rejects with `NETWORK_FAILED` when the directory or a file in it cannot be
 * read (nginx writes them for its own user, so the purger runs as that one), and when the directory is none of nginx's.
 */
export function createNginxFilesPurger({ cachePath, matches }: NginxFilesOptions): Purger {
  return {
    name: 'nginx',
    byTag: false,
    async purge(request) {
      if (!cachePath)
        throw new TileCacheError({
          code: 'INVALID_OPTION',
          field: 'cachePath',
          message: 'cachePath is empty.',
          remedy: 'Give the directory of proxy_cache_path.',
        });
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

/** That nothing was deleted is said, with the reason. */
function outcome(deleted: number, keys: number): PurgeResult {
  const detail = keys === 0 ? 'nothing is cached' : `none of the ${keys} cached answers was of what is purged`;
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

/** The key in a cache file; undefined where there is no such file any more, or it is none of nginx's. Rejects where it cannot be read. */
async function readKey(path: string): Promise<string | undefined> {
  const { open } = await import('node:fs/promises');
  let file;
  try {
    file = await open(path);
  } catch (error) {
    // nginx itself drops files at any time. Any other reason (nginx writes them with 0600) would leave an old tile there.
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
    // A file that bears the name of a cache file and has no key is an answer that nobody can tell the layer of.
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

/** Which keys are the layer's, or the URLs'. Escapes do not count: browsers and servers write `:` and `,` in both ways. */
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
    // The last one may be a description of the layer: `/tiles/roads.json`.
    if (segments.some((segment, i) => segment === layer || (i === segments.length - 1 && isFileOf(segment, layer))))
      return true;
    const begin = path.indexOf('/tiles/');
    // `/tiles/{z}/{x}/{y}.png` names no layer: it is `default`.
    return layer === 'default' && begin >= 0 && ofDefault(origin + path.slice(begin))?.layer.name === layer;
  };
}

const isFileOf = (segment: string, layer: string) => segment.startsWith(`${layer}.`);

/** The path in a URL or in a cache key such as `httptiles.example/tiles/roads/1/0/0.pbf?v=1`. */
function pathOf(key: string): string {
  return /\/[^?#|\s]*/.exec(key.replace(/^\w+:\/\//, ''))?.[0] ?? '';
}
