import { TileCacheError } from '../../src/shared/errors';
import { checkSecret } from '../http/check-secret';
import { purgeInstances, readAddresses, readHost } from './instances';
import type { Purger, PurgeOptions } from './purger';
import { purgeFailed } from './purger';
import type { PurgeCall, Verdict } from './send';
import { mayPass } from './send';

/** Options of `createNginxLocationPurger`. */
export interface NginxLocationOptions extends PurgeOptions {
  /** Every nginx by itself: `http://10.0.0.5:8080`. */
  instances: readonly string[];
  /** Sent as `X-Purge-Token`; the configuration compares it. */
  token?: string;
  /** The `Host` that browsers ask for, under which tiles are cached; sent as `X-Purge-Host`. @default the URL's own */
  host?: string;
  /** `GET` renews the stored response through `proxy_cache_bypass`; `PURGE` is for builds with a purge module. @default 'GET' */
  method?: 'GET' | 'PURGE';
}

/**
 * Purges URL by URL through a location of nginx, as the configuration in docs/edge understands it. Needs publications that
 * name their URLs (a bounding box and an edge template); nginx knows no tags.
 * Throws `INVALID_OPTION` for an address, a host or a token that cannot be used.
 */
export function createNginxLocationPurger(options: NginxLocationOptions): Purger {
  const { token = '', method = 'GET' } = options;
  checkSecret(token, 'token');
  const instances = readAddresses(options.instances, 'instances');
  const host = readHost(options.host);

  function renew(instance: string, url: string): PurgeCall {
    const { pathname, search, host: own } = new URL(url, instance);
    // The key holds the host that browsers name, and `fetch` does not let anybody set Host: the configuration takes this one.
    const headers = { 'x-purge-token': token, 'x-purge-host': host ?? own };
    return { url: `${instance}${pathname}${search}`, init: { method, headers }, judge };
  }

  return {
    name: 'nginx',
    async purge({ urls }) {
      if (!urls) throw purgeFailed('nginx', 'a location purges URLs, and this publication names none');
      return purgeInstances('nginx', instances, options, (instance) => urls.map((url) => renew(instance, url)));
    },
  };
}

async function judge({ ok, status }: Response): Promise<Verdict> {
  // 404: nothing was stored, or there is no such tile any more; either way no old one is left.
  if (ok || status === 404 || status === 410) return { done: true };
  return { done: false, again: mayPass(status), why: `answered ${status}` };
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
 * nginx then finds no file and asks the origin. Rejects with `NETWORK_FAILED` when the directory or a file in it cannot be
 * read: nginx writes them for its own user, so the purger runs as that one.
 */
export function createNginxFilesPurger({ cachePath, matches }: NginxFilesOptions): Purger {
  return {
    name: 'nginx',
    async purge(request) {
      if (!cachePath)
        throw new TileCacheError({
          code: 'INVALID_OPTION',
          field: 'cachePath',
          message: 'cachePath is empty.',
          remedy: 'Give the directory of proxy_cache_path.',
        });
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
      const failures: unknown[] = [];
      const work = async (): Promise<void> => {
        for (let path = found[next++]; path !== undefined; path = found[next++]) {
          try {
            const key = await readKey(path);
            if (key === undefined || !(matches ? matches(key, request) : holds(key, request.layer, wanted))) continue;
            await rm(path, { force: true });
            deleted += 1;
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
      return { requests: deleted, retries: 0 };
    },
  };
}

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
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return /\nKEY: ([^\n]*)\n/.exec(buffer.toString('latin1', 0, bytesRead))?.[1];
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? 'unknown reason');
}

function holds(key: string, layer: string, paths: Set<string> | undefined): boolean {
  const path = pathOf(key);
  return paths ? paths.has(path) : path.includes(`/${encodeURIComponent(layer)}/`);
}

/** The path in a URL or in a cache key such as `httptiles.example/tiles/roads/1/0/0.pbf?v=1`. */
function pathOf(key: string): string {
  return /\/[^?#|\s]*/.exec(key.replace(/^\w+:\/\//, ''))?.[0] ?? '';
}
