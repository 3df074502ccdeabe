import { Route } from 'workbox-routing/Route.js';
import { Router } from 'workbox-routing/Router.js';
import type { TileAddress } from '../src/shared/tile-matcher';
import type { Assembled } from './assemble';
import { DEVELOPMENT } from './debug/development';
import { quieten } from './debug/quiet-router';
import { isLeftAlone, isPartOfPage } from './request/left-alone';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;

/**
 * Creates a router of our own for the tiles' Workbox routes; the app's routes are in another router, of its own copy of
 * Workbox. It answers an event of one of the layers, and leaves other events to the listeners behind it.
 */
export function createRouter(cache: Pick<Assembled, 'match' | 'handle'>): (event: FetchEvent) => boolean {
  const router = new Router();
  if (DEVELOPMENT) quieten(router);
  // The match finds the address once; the handler takes it from here.
  const matched = new WeakMap<Request, TileAddress>();
  const match = ({ url, request }: { url: URL; request: Request }) => {
    const address = isLeftAlone(request) ? undefined : cache.match(url.href);
    if (!address || isPartOfPage(request, address)) return false;
    matched.set(request, address);
    return true;
  };
  const handler = async ({ request, event }: { request: Request; event: ExtendableEvent }) => {
    const { response, done } = cache.handle({
      request,
      address: matched.get(request)!,
      clientId: (event as Partial<FetchEvent>).clientId ?? '',
    });
    event.waitUntil(done);
    return response;
  };
  for (const method of METHODS) router.registerRoute(new Route(match, handler as never, method));
  // Workbox's CACHE_URLS message warms tiles too.
  router.addCacheListener();
  return (event) => {
    const { request } = event;
    const answer = router.handleRequest({ request, event });
    if (answer) event.respondWith(answer);
    return answer !== undefined;
  };
}
