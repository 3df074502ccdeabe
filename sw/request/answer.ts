import type { CacheStatusEntry } from '../../src/shared/cache-status';
import type { TileStatus, TileUse, TileValidation } from '../../src/shared/tile-use';
import { currentAge, freshnessLifetime, isAgeKnown } from '../http/freshness';
import { answersNotModified, notModifiedHeaders } from '../http/preconditions';
import type { RequestPolicy } from '../http/request-directives';
import { recordOf } from '../ledger/state';
import { isAnnounced } from '../ledger/token';
import type { Tile } from '../store/tile-store';
import { isPrefetch } from './is-prefetch';
import { gatewayTimeout, respond, servedHeaders } from './response';
import { type Call, inBackground, type RequestTools } from './task';

type AnswerTools = Pick<RequestTools, 'pages' | 'now' | 'ledger'>;

/** A tile to answer with. */
export interface Shown {
  tile: Tile;
  /**
   * The body. For a stored response, the answer uses up its body; the response itself goes to the page if the browser
   * allows it.
   */
  body: BodyInit | Response | null;
  /** The version that the tile is evidence for; '' for none. */
  label: string;
  status: TileStatus;
  entry: CacheStatusEntry;
}

/** Makes the answer, and reports it to its page. With a `policy`, a condition in the request may turn it into a 304. */
export function serve(tools: AnswerTools, call: Call, shown: Shown, policy?: RequestPolicy): Response {
  const { tile, body, label, status, entry } = shown;
  const { layer } = call.address;
  const at = tools.now();
  const duration = at - call.startedAt;
  const served = {
    cacheStatus: entry,
    version: label,
    versionHeader: layer.versionHeader,
    word: status,
    why: call.why,
    duration,
    now: at,
    image: call.request.destination === 'image',
  };
  const asked = 'fwd' in entry ? entry : undefined;
  const waited = asked?.fwd === 'stale' || status === 'revalidated';
  const bytes = sizeOf(tile);
  const freshFor = () => Math.floor(freshnessLifetime(tile, layer).lifetime - currentAge(tile, at));
  report(tools, call, {
    status,
    age: Math.floor(currentAge(tile, at)),
    ...(label && { version: label, ...aheadOf(tools, call, label) }),
    duration,
    code: tile.status,
    ...(bytes && { bytes }),
    ...(asked?.collapsed && { collapsed: true }),
    // Several requests may wait for one validation: only the request that began it reports it.
    ...(waited && !asked?.detail && !asked?.collapsed && { validation: duration }),
    ...(asked?.detail && !NO_FAILURE.has(asked.detail) && { originFailed: true }),
    ...mismatchOf(entry),
    ttl: 'hit' in entry && entry.ttl !== undefined ? entry.ttl : status === 'stale' ? 0 : freshFor(),
    ...(!isAgeKnown(tile, at) && { ageUnknown: true }),
  });
  if (policy && answersNotModified(policy, tile)) {
    return new Response(null, { status: 304, headers: notModifiedHeaders(new Headers(servedHeaders(tile, served))) });
  }
  return respond(tile, body, served);
}

/**
 * True if the page names a version that nobody has announced yet, and the origin confirms it: then the tile is not an
 * older one.
 */
function aheadOf({ ledger: { state } }: AnswerTools, { address: { layer, token } }: Call, label: string) {
  const record = state && recordOf(state, layer.name);
  const isAhead = record?.version !== undefined && label === token && !isAnnounced(record, token);
  return isAhead && { aheadOf: record.version };
}

/** Answers 504 (Gateway Timeout), because there is nothing else to answer with. */
export function fail(tools: AnswerTools, call: Call, entry: CacheStatusEntry): Response {
  const duration = tools.now() - call.startedAt;
  // Nobody waits for a request that was given up, so nobody saw an error.
  if (entry.detail !== 'aborted' && entry.detail !== 'dropped')
    report(tools, call, { status: 'error', age: 0, duration, code: 0, ...mismatchOf(entry) });
  return gatewayTimeout(entry, duration, call.why);
}

/** Reports a validation made behind the answer; times are in milliseconds. */
export function reportValidation(
  { pages }: Pick<RequestTools, 'pages'>,
  call: Call,
  validation: Omit<TileValidation, 'layer' | 'tile'>,
): void {
  if (!isPrefetch(call.request)) inBackground(call, pages.validated(call.clientId, { ...nameOf(call), ...validation }));
}

function report({ pages }: Pick<RequestTools, 'pages'>, call: Call, use: Omit<TileUse, 'layer' | 'tile'>): void {
  if (!isPrefetch(call.request)) inBackground(call, pages.used(call.clientId, { ...nameOf(call), ...use }));
}

/** Returns the size of a tile's body in bytes, if it is known without reading the body. */
export const sizeOf = ({ blob, headers }: Tile): number | undefined =>
  blob?.size ?? (Number(headers.get('content-length')) || undefined);

const nameOf = ({ address: { layer, tile } }: Call) => ({ layer: layer.name, ...(tile && { tile }) });

/** The details that an answer may carry although the origin has not failed. */
const NO_FAILURE: ReadonlySet<string> = new Set(['aborted', 'dropped', 'storage', 'patience', 'versionmismatch']);

const mismatchOf = ({ detail }: CacheStatusEntry) =>
  detail === 'versionmismatch' ? { versionMismatch: true as const } : {};
