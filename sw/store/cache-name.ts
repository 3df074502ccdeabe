/** The storage format: a worker of another format deletes these caches when it activates. */
export const FORMAT = 'tile-cache-v1';
const ANY_FORMAT = /^tile-cache-v\d+$/;

/** The parts of a cache's name. `partition` is a hash; '' if the layer has none. */
export interface CacheName {
  format: string;
  scope: string;
  layer: string;
  /** The layer's version when the cache was created; '' if none was known. */
  version: string;
  partition: string;
}

const encode = (part: string) =>
  encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** `tile-cache-v1:<scope>:<layer>@<version>`, plus `:<partition>` if there is one. Each part is percent-encoded. */
export function formatCacheName({ scope, layer, version, partition }: Omit<CacheName, 'format'>): string {
  return `${FORMAT}:${encode(scope)}:${encode(layer)}@${encode(version)}${partition && `:${partition}`}`;
}

const MAX_NAMES = 1000;

/** Returns the function that names a scope's caches. It encodes each name once, not at each hit. */
export function createCacheNames(scope: string): (layer: string, version: string, partition: string) => string {
  const names = new Map<string, string>();
  return (layer, version, partition) => {
    const id = `${layer}\n${version}\n${partition}`;
    let name = names.get(id);
    if (name === undefined) {
      if (names.size >= MAX_NAMES) names.clear();
      names.set(id, (name = formatCacheName({ scope, layer, version, partition })));
    }
    return name;
  };
}

/** The common prefix of the names of all caches of a scope. */
export const cachePrefix = (scope: string) => `${FORMAT}:${encode(scope)}:`;

/** Parses a cache's name, of any storage format; `undefined` for a cache that this package did not create. */
export function parseCacheName(name: string): CacheName | undefined {
  const [format, scope, rest, partition = '', more] = name.split(':');
  if (!format || !ANY_FORMAT.test(format) || scope === undefined || rest === undefined || more !== undefined)
    return undefined;
  const at = rest.indexOf('@');
  try {
    return {
      format,
      scope: decodeURIComponent(scope),
      layer: decodeURIComponent(at < 0 ? rest : rest.slice(0, at)),
      version: at < 0 ? '' : decodeURIComponent(rest.slice(at + 1)),
      partition,
    };
  } catch {
    return undefined;
  }
}
