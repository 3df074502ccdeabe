import { TileCacheError } from '../../src/shared/errors';
import type { Purger, PurgeOptions } from './purger';
import { purgeFailed } from './purger';
import { createSender } from './send';

/** Options of `createNginxLocationPurger`. */
export interface NginxLocationOptions extends PurgeOptions {
  /** Every nginx by itself: `http://10.0.0.5:8080`. */
  instances: readonly string[];
  /** Sent as `X-Purge-Token`; the configuration compares it. */
  token?: string;
  /** `GET` renews the stored response through `proxy_cache_bypass`; `PURGE` is for builds with a purge module. @default 'GET' */
  method?: 'GET' | 'PURGE';
}

/**
 * Purges URL by URL through a location of nginx. Needs publications that name their URLs (a bounding box and an edge template);
 * nginx knows no tags.
 */
export function createNginxLocationPurger(options: NginxLocationOptions): Purger {
  const { instances, token = '', method = 'GET' } = options;
  return {
    name: 'nginx',
    async purge({ urls }) {
      if (!urls) throw purgeFailed('nginx', 'a location purges URLs, and this publication names none');
      const sender = createSender('nginx', options, { requestsPerSecond: 500 });
      for (const instance of instances) {
        for (const url of urls) {
          const { pathname, search } = new URL(url, instance);
          await sender.send(`${instance}${pathname}${search}`, { method, headers: { 'x-purge-token': token } }, async ({ ok, status }) =>
            // 404: nothing was stored, or there is no such tile any more; either way no old one is left.
            ok || status === 404 || status === 410
              ? { done: true }
              : { done: false, again: status >= 500 || status === 429, why: `answered ${status}` },
          );
        }
      }
      return sender.result;
    },
  };
}

/** Options of `createNginxFilesPurger`. */
export interface NginxFilesOptions {
  /** The directory of `proxy_cache_path`, on this machine or mounted. */
  cachePath: string;
  /** Whether a cache key belongs to what is purged. @default the key contains `/{layer}/` or one of the URLs' paths */
  matches?: (key: string, request: { layer: string; urls?: readonly string[] }) => boolean;
}

/** Where nginx writes the key: behind a binary head, in the first bytes of the file. */
const HEAD_BYTES = 2048;
const MAX_PARALLEL = 32;

/**
 * Deletes nginx's cache files by their key, the way to purge a whole layer without a purge module.
 * nginx then finds no file and asks the origin. Rejects with `NETWORK_FAILED` when the directory cannot be read.
 */
export function createNginxFilesPurger({ cachePath, matches }: NginxFilesOptions): Purger {
  return {
    name: 'nginx',
    async purge(request) {
      if (!cachePath) throw new TileCacheError({ code: 'INVALID_OPTION', field: 'cachePath', message: 'cachePath is empty.', remedy: 'Give the directory of proxy_cache_path.' });
      const { opendir, rm } = await import('node:fs/promises');
      const { join } = await import('node:path');
      const wanted = request.urls && new Set(request.urls.map(pathOf));
      const found: string[] = [];
      try {
        const directory = await opendir(cachePath, { recursive: true });
        for await (const entry of directory) {
          if (entry.isFile()) found.push(join(entry.parentPath ?? entry.path, entry.name));
        }
      } catch (error) {
        throw purgeFailed('nginx', 'the cache directory cannot be read', error);
      }
      let next = 0;
      let deleted = 0;
      const work = async (): Promise<void> => {
        for (let path = found[next++]; path !== undefined; path = found[next++]) {
          const key = await readKey(path);
          if (key === undefined || !(matches ? matches(key, request) : holds(key, request.layer, wanted))) continue;
          await rm(path, { force: true });
          deleted += 1;
        }
      };
      await Promise.all(Array.from({ length: MAX_PARALLEL }, work));
      return { requests: deleted, retries: 0 };
    },
  };
}

async function readKey(path: string): Promise<string | undefined> {
  const { open } = await import('node:fs/promises');
  // nginx itself drops files at any time.
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return /\nKEY: ([^\n]*)\n/.exec(buffer.toString('latin1', 0, bytesRead))?.[1];
  } finally {
    await file.close();
  }
}

function holds(key: string, layer: string, paths: Set<string> | undefined): boolean {
  const path = pathOf(key);
  return paths ? paths.has(path) : path.includes(`/${encodeURIComponent(layer)}/`);
}

/** The path in a URL or in a cache key such as `httptiles.example/tiles/roads/1/0/0.pbf?v=1`. */
function pathOf(key: string): string {
  return /\/[^?#|\s]*/.exec(key.replace(/^\w+:\/\//, ''))?.[0] ?? '';
}
