import type { ClientOrders } from '../../src/shared/manifest';
import { readOrders } from '../../src/shared/read-orders';
import { type Handler, problem, wrongMethod } from '../http/http';
import { matches } from '../http/if-none-match';
import { shortHash } from '../http/short-hash';
import { layerState, type OriginState } from './state';
import { entryOf, manifestOf } from './manifest-of';

/** Options of the version endpoint. */
export interface VersionsOptions {
  /**
   * Seconds for which a CDN may cache the manifest, sent in `CDN-Cache-Control` (RFC 9213) and `Surrogate-Control`.
   * Browsers still revalidate each time. Clients learn of a publication up to that much later, and the origin gets one
   * request in that time.
   * @default the CDN does not cache it
   */
  sharedMaxAge?: number;
  /**
   * Names the series that the revisions belong to: 1 to 128 printable ASCII characters. Change it if revisions became
   * too high, because of a wrong clock or another unit, or if this origin replaces another: clients then accept lower
   * revisions at once.
   * @default none
   */
  epoch?: string;
  /**
   * Orders for every page, independent of its worker: switch the worker off, or reload. A function is called for each
   * answer; an invalid return value is ignored.
   * @default nothing
   */
  client?: ClientOrders | (() => ClientOrders | undefined);
}

interface Page {
  body: string;
  etag: string;
}

/**
 * Handles `GET /api/tile-version`: the manifest of all layers, or of one (`?layer=roads`, or `/roads` appended to the
 * path). Caches must always revalidate it, which is cheap: it has an ETag and supports 304 and HEAD.
 */
export function createVersionsHandler(
  present: () => Promise<OriginState>,
  path: string,
  { sharedMaxAge, epoch, client }: VersionsOptions = {},
): Handler {
  const lifetime = `max-age=${sharedMaxAge}`;
  const shared = sharedMaxAge === undefined ? {} : { 'cdn-cache-control': lifetime, 'surrogate-control': lifetime };
  let made: { of: OriginState; orders: string; pages: Map<string, Page | undefined> } | undefined;

  async function page(state: OriginState, layer: string | undefined): Promise<Page | undefined> {
    const asked = ordersOf(client);
    const orders = JSON.stringify(asked);
    if (made?.of !== state || made.orders !== orders) made = { of: state, orders, pages: new Map() };
    const key = layer ?? '';
    if (layer !== undefined && !layerState(state, layer)) return undefined;
    const known = made.pages.get(key);
    if (known) return known;
    const entry = layer === undefined ? undefined : layerState(state, layer);
    const series = epoch === undefined ? {} : { epoch };
    const manifest = entry ? { ...entryOf(entry), ...series } : manifestOf(state, epoch);
    const body = JSON.stringify({ ...manifest, ...asked });
    const fresh = { body, etag: `"${await shortHash(body)}"` };
    if (made.of === state && made.orders === orders) made.pages.set(key, fresh);
    return fresh;
  }

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    const layer = layerOf(new URL(request.url), path);
    const found = await page(await present(), layer);
    if (!found) return unknownLayer();
    const headers = { 'cache-control': 'no-cache', etag: found.etag, ...shared };
    if (matches(request.headers.get('if-none-match'), found.etag)) return new Response(null, { status: 304, headers });
    return new Response(request.method === 'HEAD' ? null : found.body, {
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': String(new TextEncoder().encode(found.body).byteLength),
        'x-content-type-options': 'nosniff',
      },
    });
  };
}

/**
 * Returns the orders as a part of the manifest. Drops invalid orders, because they would make the manifest unreadable
 * for every page.
 */
function ordersOf(client: VersionsOptions['client']): { client?: ClientOrders } {
  try {
    const orders = readOrders({ client: typeof client === 'function' ? client() : client });
    return orders ? { client: orders } : {};
  } catch {
    return {};
  }
}

function layerOf(url: URL, path: string): string | undefined {
  const named = url.searchParams.get('layer');
  if (named !== null) return named;
  const rest = url.pathname.startsWith(`${path}/`) ? url.pathname.slice(path.length + 1) : '';
  try {
    return rest ? decodeURIComponent(rest) : undefined;
  } catch {
    return rest;
  }
}

function unknownLayer(): Response {
  return problem(
    404,
    {
      code: 'INVALID_MESSAGE',
      field: 'layer',
      message: 'This layer has no version.',
      remedy: 'Publish it first, or check its name.',
    },
    { 'cache-control': 'no-cache' },
  );
}
