import { type Handler, problem, type RequestContext } from './http/http';
import type { OriginPaths } from './origin-types';

/** The handlers of the origin, by the names of their paths. */
export type OriginHandlers = Record<keyof OriginPaths, Handler>;

/** Creates the function that passes a request to the handler of its path, and returns `undefined` if none has the path. */
export function createRoute(paths: OriginPaths, handlers: OriginHandlers) {
  return (request: Request, context?: RequestContext): Promise<Response> | undefined => {
    const { pathname } = new URL(request.url);
    const exact = (['stream', 'publish', 'rum', 'metrics', 'versions'] as const).find(
      (name) => pathname === paths[name],
    );
    const name =
      exact ?? (['versions', 'publish', 'hooks'] as const).find((each) => pathname.startsWith(`${paths[each]}/`));
    return name && Promise.resolve(handlers[name](request, context));
  };
}

/** Creates the 404 response for a path without a handler. */
export function notFound(): Response {
  return problem(404, {
    code: 'INVALID_MESSAGE',
    message: 'There is nothing at this path.',
    remedy: 'Check the path.',
  });
}
