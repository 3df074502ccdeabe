import { appendCacheStatus, type CacheStatusEntry, type ForwardReason } from '../../src/shared/cache-status';
import type { StatusDetail } from '../../src/shared/status-detail';
import { NULL_BODY } from '../http/statuses';
import { invalidatedBy } from '../http/unsafe-methods';
import { distrustsHttpCache } from '../ledger/verdict';
import type { Found } from '../lookup/found';
import { evidence } from '../origin/evidence';
import { isPrivate } from '../policy/http-cache-mode';
import { fail } from './answer';
import { MISMATCH } from './labels';
import { hasMovedOn } from './moved-on';
import { forImage } from './response';
import { withCacheMode } from './with-cache-mode';
import type { Call, RequestTools, Task } from './task';

/** The mode of the HTTP cache beneath for a request that is passed through. */
type PassMode = 'default' | 'no-cache' | 'no-store';

/** The reason for passing a request through. */
interface Passed {
  fwd: ForwardReason;
  detail?: StatusDetail;
}

/**
 * Passes a request to the origin, and neither reads nor writes the store. Without a `mode`, it restricts the HTTP cache
 * if that may hold a tile that a rule has purged and the rule cannot be looked up. `'as asked'` leaves the request's
 * own mode.
 */
export async function pass(
  tools: RequestTools,
  call: Call,
  { fwd, detail }: Passed,
  mode?: PassMode | 'as asked',
): Promise<Response> {
  const { request, address } = call;
  const own = isPrivate(request, address, tools.env.origin) ? 'no-store' : undefined;
  const asked = mode === 'as asked' ? 'default' : mode;
  const cache = own ?? asked ?? ((await mayHoldPurged(tools)) ? 'no-cache' : 'default');
  const ways = stricter(cache, request.cache) ? withCacheMode(request, cache, tools.env.origin) : [request];
  const response = await sendOneWay(tools, call, ways);
  return labelled(request, response, { fwd, fwdStatus: response.status, ...(detail !== undefined && { detail }) });
}

/** Sends the request to the origin, once. */
export const sendAsIs = ({ send }: RequestTools, call: Call, request: Request): Promise<Response> =>
  send(request, call.address).catch((error: unknown) => {
    call.failed = true;
    throw error;
  });

/** Sends the request one way, and the next way if the first brings nothing, or a refusal for lack of cookies. */
async function sendOneWay(tools: RequestTools, call: Call, [way, ...others]: readonly Request[]): Promise<Response> {
  if (others.length === 0) return sendAsIs(tools, call, way as Request);
  const response = await tools.send(way as Request, call.address).catch(() => undefined);
  if (response && response.status !== 401 && response.status !== 403) return response;
  void response?.body?.cancel().catch(() => {});
  return sendOneWay(tools, call, others);
}

/**
 * Passes POST, PUT, DELETE … to the origin, and forgets the addresses that they make invalid, and only those (RFC 9111
 * section 4.4).
 */
export async function passUnsafe({ send, forget }: RequestTools, { request, address }: Call): Promise<Response> {
  const response = await send(request.clone(), address);
  const { status, headers } = response;
  for (const url of invalidatedBy(request.method, request.url, { status, headers })) await forget(url, request);
  return labelled(request, response, { fwd: 'method', fwdStatus: status });
}

/**
 * Passes on a request for a part of a tile that is not stored. Resolves with undefined if a rule superseded it
 * meanwhile.
 */
export async function passPart(
  tools: RequestTools,
  { call, wanted }: Task,
  found: Found,
  fwd: ForwardReason,
): Promise<Response | undefined> {
  const { ledger, mismatches } = tools;
  if (found.state !== ledger.state) return undefined;
  const distrusted = distrustsHttpCache(found.state, wanted.subject);
  const part = await pass(tools, call, { fwd }, distrusted ? 'no-cache' : 'default');
  const { subject, address } = wanted;
  const meta = { version: evidence(part.headers, address) };
  const isUnwanted = address.layer.versionPolicy === 'discard' && mismatches.isWrong(subject, { meta });
  const hasMoved = hasMovedOn(ledger, found.state, subject);
  if (!isUnwanted && !hasMoved) return part;
  void part.body?.cancel().catch(() => {});
  return hasMoved ? undefined : fail(tools, call, { fwd, fwdStatus: part.status, detail: MISMATCH.detail });
}

/** Adds our Cache-Status entry to the origin's answer. */
export function labelled({ destination }: Request, response: Response, entry: CacheStatusEntry): Response {
  // Responses that no script may make go out unchanged: opaque ones, and statuses that no standard knows.
  const { type, status } = response;
  if (type === 'opaque' || type === 'opaqueredirect' || type === 'error' || status > 599) return response;
  const headers = new Headers(response.headers);
  headers.set('cache-status', appendCacheStatus(headers.get('cache-status'), entry));
  if (destination === 'image') headers.set('cache-control', forImage(headers.get('cache-control')));
  return new Response(NULL_BODY.has(status) ? null : response.body, {
    status,
    statusText: response.statusText,
    headers,
  });
}

/** True if the HTTP cache may hold purged tiles: there are rules, or there were some that are lost. */
async function mayHoldPurged({ ledger: { state }, hasTraces }: RequestTools): Promise<boolean> {
  return state ? state.orphaned || state.epoch > 1 : hasTraces();
}

/** True if the `needed` cache mode restricts the HTTP cache beneath more than the request's own. */
function stricter(needed: RequestCache, asked: RequestCache): boolean {
  const order: RequestCache[] = ['force-cache', 'default', 'no-cache', 'reload', 'no-store'];
  return asked !== 'only-if-cached' && order.indexOf(needed) > order.indexOf(asked);
}
