import type { CacheStatusEntry, ForwardReason } from '../../src/shared/cache-status';
import { appendCacheStatus } from '../../src/shared/cache-status';
import type { Keeper } from '../origin/writer';
import type { Found } from './lookup';
import { answerRange } from '../http/ranges';
import type { RequestPolicy } from '../http/request-directives';
import { forImage } from './response';
import type { Subject } from '../ledger/verdict';
import type { Tile } from '../store/tile-store';
import { invalidatedBy } from '../http/unsafe-methods';
import { freshenHeaders, headMatches } from '../http/validators';

/** What is not a GET of a whole tile. */
export interface OtherMethods {
  /** To the origin and back, neither reading nor writing the store. `cache`: what the HTTP cache beneath may do. */
  pass(
    request: Request,
    fwd: ForwardReason,
    detail?: string,
    cache?: 'default' | 'no-cache' | 'no-store',
  ): Promise<Response>;
  /** POST, PUT, DELETE …: passed, and what they make invalid is forgotten (RFC 9111 section 4.4): those addresses only. */
  unsafe(request: Request): Promise<Response>;
  /** A HEAD that the store could not answer: freshens what is stored, or marks it (RFC 9111 section 4.3.5). */
  head(request: Request, policy: RequestPolicy, found: Found, subject: Subject): Promise<Response>;
  /** A Range answered from a whole tile (RFC 9110 section 14). */
  ranged(
    found: Found,
    tile: Tile,
    policy: RequestPolicy,
    serve: (tile: Tile, body: BodyInit | null) => Response,
  ): Promise<Response>;
}

interface OtherTools {
  fetch: (request: Request) => Promise<Response>;
  keeper: Keeper;
  /** Never rejects. */
  forget: (url: string, request: Request) => Promise<void>;
  now: () => number;
}

export function createOtherMethods({ fetch, keeper, forget, now }: OtherTools): OtherMethods {
  const labelled = ({ destination }: Request, response: Response, entry: CacheStatusEntry): Response => {
    if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.type === 'error') return response;
    const headers = new Headers(response.headers);
    headers.set('cache-status', appendCacheStatus(headers.get('cache-status'), entry));
    if (destination === 'image') headers.set('cache-control', forImage(headers.get('cache-control')));
    const empty = [101, 103, 204, 205, 304].includes(response.status);
    return new Response(empty ? null : response.body, {
      status: response.status,
      statusText: response.statusText,
      headers,
    });
  };

  return {
    async pass(request, fwd, detail, cache = 'default') {
      const response = await fetch(stricter(cache, request.cache) ? new Request(request, { cache }) : request);
      return labelled(request, response, { fwd, fwdStatus: response.status, ...(detail !== undefined && { detail }) });
    },

    async unsafe(request) {
      const response = await fetch(request.clone());
      const { status, headers } = response;
      for (const url of invalidatedBy(request.method, request.url, { status, headers })) await forget(url, request);
      return labelled(request, response, { fwd: 'method', fwdStatus: status });
    },

    async head(request, { noStore }, found, subject) {
      const requestAt = now();
      // Not from the HTTP cache: its HEAD would be as old as what is stored.
      const response = await fetch(new Request(request, { cache: 'no-cache' }));
      const { tile, standing } = found;
      if (
        response.status === 200 &&
        !noStore &&
        tile &&
        standing?.rule !== 'absent' &&
        tile.cacheName === found.place.cacheName &&
        tile.status === 200
      ) {
        const matches = headMatches(response.headers, tile.headers);
        const bytes = await keeper.bytesOf(found.place, tile);
        if (bytes) {
          // Its epoch stays: without the bytes nothing shows that a rule is obeyed.
          const freshened = { requestAt, responseAt: now() };
          const next: Tile = matches
            ? {
                ...tile,
                ...freshened,
                bytes,
                headers: freshenHeaders(tile.headers, response.headers),
                meta: { ...tile.meta, ...freshened },
              }
            : // Of a ledger that does not exist: validated before it is used again.
              { ...tile, bytes, meta: { ...tile.meta, ledger: '-' } };
          await keeper.rewrite(found.place.cacheName, tile.key ?? found.place.key, subject, tile, next).catch(() => {});
        }
      }
      return labelled(request, response, { fwd: 'miss', fwdStatus: response.status });
    },

    async ranged(found, tile, policy, serve) {
      const bytes = await keeper.bytesOf(found.place, tile);
      if (!bytes) throw new Error('the stored body cannot be read');
      const answer = answerRange(policy.range, policy.ifRange, tile, bytes.byteLength);
      if (answer.kind === 'ignore') return serve(tile, bytes);
      const { status, headers } = answer;
      const part = { ...tile, status, headers };
      return serve(part, answer.kind === 'partial' ? bytes.slice(answer.start, answer.end + 1) : null);
    },
  };
}

/** True when a request asks less of the HTTP cache beneath than is needed. */
function stricter(needed: RequestCache, asked: RequestCache): boolean {
  const order: RequestCache[] = ['force-cache', 'default', 'no-cache', 'reload', 'no-store'];
  return asked !== 'only-if-cached' && order.indexOf(needed) > order.indexOf(asked);
}
