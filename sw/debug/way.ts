import type { ForwardReason } from '../../src/shared/cache-status';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';

/** The observations of one request. */
export interface Seen {
  address: TileAddress;
  request: Pick<Request, 'method' | 'cache' | 'destination'>;
  status?: number;
  headers?: Headers;
  type?: ResponseType;
  failed?: boolean;
  /** Milliseconds until the answer. */
  answeredMs?: number;
  /** Milliseconds until the background work had ended. */
  endedMs?: number;
}

/** Why the worker sent a request to the origin, in words (RFC 9211 section 2.2). */
const REASONS: Record<ForwardReason, string> = {
  bypass: 'the layer or the request bypasses the store',
  method: 'a cache does not answer this method',
  'uri-miss': 'nothing was stored under its key',
  'vary-miss': 'the stored responses belong to other request headers (Vary)',
  miss: 'nothing usable was stored',
  request: 'the request demands it (Cache-Control, or a reload)',
  stale: 'the stored tile was stale',
};

const windows = ({ maxAge, staleWhileRevalidate, staleIfError }: ResolvedLayer) =>
  Object.entries({ maxAge, staleWhileRevalidate, staleIfError })
    .map(([name, seconds]) => `${name} ${seconds === undefined ? 'by the response' : `${seconds} s`}`)
    .join(', ');

/** This worker's member of Cache-Status, which is the last (RFC 9211 section 2). */
const ownStatus = (headers: Headers) =>
  /(?:^|, )sw-tile-cache((?:; ?[^,"]*(?:"[^"]*")?)*)$/.exec(headers.get('cache-status') ?? '')?.[1] ?? '';

function outcome(status: string): string {
  const reason = /fwd=([\w-]+)/.exec(status)?.[1] as ForwardReason | undefined;
  const origin = /fwd-status=(\d+)/.exec(status)?.[1];
  if (/; ?hit/.test(status)) return 'Answered from the store, without a request to the origin.';
  if (!reason) return 'Nothing stored could answer, and the worker sent no request.';
  const answered = origin ? `; the origin answered ${origin}` : '';
  return `The worker sent a request, because ${REASONS[reason] ?? reason}${answered}.`;
}

/** Describes how the worker answered one tile: a title, and a line for each step. Names the key, never the URL. */
export function way(seen: Seen): string[] {
  const { address, request, headers, failed, answeredMs = 0, endedMs = 0 } = seen;
  const { layer, tile, key } = address;
  const name = tile ? `${layer.name} ${tile.z}/${tile.x}/${tile.y}` : `${layer.name} ${key}`;
  const asked = `${request.method} ${key}, cache mode ${request.cache}, for ${request.destination || 'fetch()'}`;
  const policy = `Layer ${layer.name}: freshness by ${layer.freshness}, ${windows(layer)}, versionPolicy ${layer.versionPolicy}`;
  if (failed || !headers)
    return [`sw-tile-cache ${name}: no answer`, asked, policy, `Failed after ${answeredMs.toFixed(1)} ms.`];
  const status = ownStatus(headers);
  const word = /(?:^|, )sw-tile-cache;desc=([\w-]+)/.exec(headers.get('server-timing') ?? '')?.[1];
  const version = headers.get(layer.versionHeader);
  return [
    `sw-tile-cache ${name}: ${word ?? seen.type ?? 'answered'}, ${answeredMs.toFixed(1)} ms`,
    asked,
    policy,
    outcome(status),
    `Status ${seen.status}, age ${headers.get('age') ?? 'unknown'} s, version ${version ?? 'unknown'}`,
    `Cache-Status: sw-tile-cache${status}`,
    `The background work ended after ${endedMs.toFixed(1)} ms.`,
  ];
}
