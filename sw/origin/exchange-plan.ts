import type { TileAddress } from '../../src/shared/tile-matcher';
import type { LedgerState } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import { distrustsHttpCache, isCleared, isOlder, judge } from '../ledger/verdict';
import { isTile } from '../http/statuses';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import { httpCacheMode, isPrivate, type HttpCacheMode } from '../policy/http-cache-mode';
import type { Tile, TileStore } from '../store/tile-store';
import type { Leaving } from './leaving';
import type { Suspects } from './suspects';

/** Everything that an exchange needs when it starts. */
export interface ExchangePlan {
  request: Request;
  address: TileAddress;
  subject: Subject;
  /** The ledger when the request was sent: its id and epoch go with the bytes. */
  state: LedgerState;
  cacheName: string;
  /** Opened before the request is sent, so that a put after a purge vanishes with the deleted cache. */
  cache: Promise<Cache | undefined>;
  key: string;
  /** Stored tiles whose validators are sent; the first of them is what the page would get otherwise. */
  candidates: Tile[];
  /** The first variant of this key in the cache, whatever it is. */
  primary: Tile | undefined;
  /** A tile is stored that the worker could read. An opaque answer in its place is probably an error. */
  readable: boolean;
  /** The mode of the HTTP cache beneath. */
  cacheMode: HttpCacheMode;
  /** Sends no validators of stored tiles, so the HTTP cache beneath may answer. */
  unconditional?: boolean;
  /** The request forbids storing. */
  noStore: boolean;
  urgency: () => number | undefined;
  /** Lets a page read the body as it arrives. */
  stream: boolean;
  /** A page waits for the body and for nothing else, so the write can wait. */
  shownFirst: boolean;
}

interface PlanTools {
  store: Pick<TileStore, 'open'>;
  suspects: Pick<Suspects, 'of'>;
  leaving: Pick<Leaving, 'has'>;
  /** The worker's own origin. */
  origin: string;
  now: () => number;
}

/** Plans how to ask the origin for a tile that a lookup found stale or not at all. */
export function planExchange(
  { store, suspects, leaving, origin, now }: PlanTools,
  { request, address, subject, policy, since }: Wanted,
  found: Found,
  {
    stream,
    background,
    bulk,
    urgency,
  }: { stream: boolean; background: boolean; bulk: boolean; urgency: () => number | undefined },
): ExchangePlan {
  const { state, place, stored, primary } = found;
  const suspect = suspects.of(place.key);
  const cacheMode = httpCacheMode({
    private: isPrivate(request, address, origin),
    ruled: distrustsHttpCache(state, subject),
    // A tile of another URL only stands in.
    stored: (stored !== undefined && stored.verdict.by !== 'other-token') || primary !== undefined,
    request: policy,
    suspect,
  });
  return {
    request,
    address,
    subject,
    state,
    cacheName: place.cacheName,
    // If the cache cannot be opened, nothing is stored; the tile still comes from the network.
    cache: store.open(place.cacheName, 'patiently').catch(() => undefined),
    key: place.key,
    candidates: policy.reload ? [] : candidatesOf(found, subject, now()),
    primary,
    readable: [stored?.tile, primary].some((one) => one && one.status > 0 && isTile(one)),
    cacheMode,
    unconditional: suspect === 'settled' && cacheMode === 'default',
    // A user whose tiles were cleared meanwhile still gets an answer, but the worker stores nothing.
    noStore: policy.noStore || bulk || isCleared(state, subject, since) || leaving.has(subject),
    urgency,
    stream,
    shownFirst: stream && !background,
  };
}

/** Leaves out every tile that a purge covers: a 304 for one would bring back what must be gone. */
function candidatesOf({ state, cacheName, place, stored, primary }: Found, subject: Subject, now: number): Tile[] {
  const isAbsent = (tile: Tile) =>
    (tile === stored?.tile
      ? stored.verdict
      : judge(state, subject, tile, isOlder(state, subject.layer.name, tile, cacheName), now)
    ).rule === 'absent';
  return [...new Set([stored?.tile, primary])].filter(
    (tile): tile is Tile =>
      tile !== undefined &&
      tile.status !== 0 &&
      // An entity tag may be valid for the URL of another announced version; a date is not.
      (tile.meta.token === subject.asked || (tile.key === place.key && tile.headers.has('etag'))) &&
      !isAbsent(tile),
  );
}
