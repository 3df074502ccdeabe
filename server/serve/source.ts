import type { Handler } from '../http/http';
import type { ArchiveLayer } from './archives';
import { missing } from './answers';

/** Archives have their layers; what is left goes to the upstream or the folder, where there is one. */
export function createSource(archives: ReadonlyMap<string, ArchiveLayer>, rest: Handler = () => missing()): Handler {
  return (request, context) => {
    const layer = layerOf(new URL(request.url).pathname);
    const archive = layer === undefined ? undefined : archives.get(layer);
    return (archive?.handler ?? rest)(request, context);
  };
}

/** Of `/tiles/{layer}/…` and `/tiles/{layer}.json`. */
function layerOf(pathname: string): string | undefined {
  const [, name] = /^\/tiles\/(?:([^/]+)\.json$|([^/]+)\/)/.exec(pathname)?.filter((part) => part !== undefined) ?? [];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
