import type { RequestParameters, RequestTransformFunction } from 'maplibre-gl';
import { attempt } from '../page/env';
import { TileCacheError } from '../shared/errors';
import { refuseUnknown } from '../shared/validate';
import type { BindingClient } from './binding-client';

/** Options of `versionedRequests`. */
export interface VersionedRequestsOptions {
  /**
   * Which layer a URL belongs to. A function, or URL prefixes by layer (`{ roads: '/tiles/roads/' }`), relative to the page.
   * Of several prefixes that match, the longest counts.
   * @default `/tiles/{layer}/…` on the page's own origin
   */
  layers?: Record<string, string> | ((url: URL) => string | undefined);
  /** The query parameter that carries the version, as in the worker's `versionParam`. @default 'v' */
  param?: string;
  /** Your own `transformRequest`; it runs first. @default none */
  next?: RequestTransformFunction;
}

function byPrefix(layers: Record<string, string>): (url: URL) => string | undefined {
  const prefixes = Object.entries(layers).map(([layer, prefix]) => {
    if (typeof prefix === 'string' && URL.canParse(prefix, location.href))
      return [layer, new URL(prefix, location.href).href] as const;
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: `layers.${layer}`,
      message: `layers.${layer} must be a URL prefix.`,
      remedy: 'Pass the part of the tile URL before {z}: "/tiles/roads/".',
    });
  });
  prefixes.sort(([, a], [, b]) => b.length - a.length);
  return (url) => prefixes.find(([, prefix]) => url.href.startsWith(prefix))?.[0];
}

function byPath(url: URL): string | undefined {
  const name = url.origin === location.origin ? /^\/tiles\/([^/]+)\//.exec(url.pathname)?.[1] : undefined;
  // A stray `%` names no layer.
  return attempt(() => name && decodeURIComponent(name));
}

/**
 * Makes a `transformRequest` that puts the layer's version into each tile URL: in place of `{version}` if the template has
 * it, otherwise as `?v=`. Caches on the way then keep the versions apart. While the client knows no version, URLs stay
 * unchanged. Throws `INVALID_OPTION`.
 */
export function versionedRequests(
  client: Pick<BindingClient, 'version'>,
  options: VersionedRequestsOptions = {},
): RequestTransformFunction {
  refuseUnknown(options, { layers: true, param: true, next: true });
  const { layers, param = 'v', next } = options;
  const layerOf = typeof layers === 'function' ? layers : layers ? byPrefix(layers) : byPath;
  const versioned = (request: RequestParameters): RequestParameters => {
    const url = new URL(request.url, location.href);
    const layer = layerOf(url);
    const version = layer === undefined ? undefined : client.version(layer);
    if (version === undefined) return request;
    const filled = request.url.replace(/\{version\}|%7Bversion%7D/gi, encodeURIComponent(version));
    if (filled !== request.url) return { ...request, url: filled };
    // `searchParams.set()` would write the other parameters anew, in another encoding.
    if (!url.searchParams.has(param))
      url.search += `${url.search ? '&' : '?'}${new URLSearchParams({ [param]: version }).toString()}`;
    return { ...request, url: url.href };
  };
  return (url, resourceType) => {
    const result = next?.(url, resourceType) as RequestParameters | Promise<RequestParameters | undefined> | undefined;
    if (resourceType !== 'Tile') return result as ReturnType<RequestTransformFunction>;
    if (result instanceof Promise) return result.then((request) => versioned(request ?? { url })) as never;
    return versioned(result ?? { url });
  };
}
