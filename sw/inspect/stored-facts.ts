import type { StoredFacts } from '../../src/shared/inspect';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import { parseCacheControl } from '../http/cache-control';
import { currentAge, type Freshness, freshnessLifetime, isAgeKnown } from '../http/freshness';
import { parseCacheName } from '../store/cache-name';
import type { Tile } from '../store/tile-store';
import { shownHeaders } from './safe';

/** The source of a stored tile's lifetime (RFC 9111 section 4.2.1). */
function lifetimeFrom({ headers }: Tile, layer: ResolvedLayer, freshness: Freshness): StoredFacts['lifetimeFrom'] {
  if (freshness.negative) return 'negative';
  if (freshness.heuristic) return 'heuristic';
  const { maxAge } = parseCacheControl(headers.get('cache-control'));
  const byLayer = layer.maxAge === freshness.lifetime;
  if (layer.override && byLayer) return 'layer';
  if (maxAge !== undefined) return 'max-age';
  if (headers.has('expires')) return 'expires';
  return byLayer ? 'layer' : 'none';
}

/** The version in a cache's name. In the name of a region's cache, the region's name follows it. */
export const versionIn = (cacheName: string): string =>
  parseCacheName(cacheName.split(':').slice(0, 4).join(':'))?.version ?? '';

/** Collects the facts about a stored tile without reading its body. */
export function storedFacts(
  tile: Tile,
  layer: ResolvedLayer,
  { now, ledger, memory, region }: { now: number; ledger: string; memory: boolean; region: string | undefined },
): StoredFacts {
  const { headers, meta, status, requestAt, responseAt, blob, bytes, cacheName = '', key = '' } = tile;
  const freshness = freshnessLifetime(tile, layer);
  const length = headers.get('content-length');
  return {
    status,
    bytes: blob?.size ?? bytes?.byteLength ?? (length === null ? undefined : Number(length)),
    type: headers.get('content-type') ?? undefined,
    headers: shownHeaders(tile, layer.versionHeader),
    age: currentAge(tile, now),
    ageOnArrival: currentAge(tile, responseAt),
    ageKnown: isAgeKnown(tile, now),
    lifetime: freshness.lifetime,
    lifetimeFrom: lifetimeFrom(tile, layer, freshness),
    staleWhileRevalidate: freshness.staleWhileRevalidate,
    staleIfError: freshness.staleIfError,
    requestAt,
    responseAt,
    version: meta.version,
    epoch: meta.epoch,
    ownLedger: meta.ledger === ledger,
    variant: meta.variant,
    cache: versionIn(cacheName),
    key,
    in: region === undefined ? 'entry' : 'pack',
    ...(region !== undefined && { region }),
    memory,
    negative: freshness.negative,
  };
}
