import type { Handler } from '../http/http';
import type { ArchiveLayer } from './archives';
import { missing } from './answers';

/**
 * Creates a handler that serves layers from their archives, and passes other paths to the upstream or the folder, if
 * there is one.
 */
export function createSource(archives: ReadonlyMap<string, ArchiveLayer>, rest: Handler = () => missing()): Handler {
  return (request, context) => {
    const layer = layerOf(new URL(request.url).pathname);
    const archive = layer === undefined ? undefined : archives.get(layer);
    return (archive?.handler ?? rest)(request, context);
  };
}

/** Returns the layer of `/tiles/{layer}/…` and `/tiles/{layer}.json`. */
function layerOf(pathname: string): string | undefined {
  const [, name] = /^\/tiles\/(?:([^/]+)\.json$|([^/]+)\/)/.exec(pathname)?.filter((part) => part !== undefined) ?? [];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
