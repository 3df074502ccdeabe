import type { TileAddress } from '../../src/shared/tile-matcher';
import type { LedgerState } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import { distrustsHttpCache, isCleared, isOlder, judge } from '../ledger/verdict';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import { httpCacheMode, isPrivate, type HttpCacheMode } from '../policy/http-cache-mode';
import type { Tile, TileStore } from '../store/tile-store';
import type { Leaving } from './leaving';
import type { Suspects } from './suspects';

/** What an exchange needs to know when it starts. */
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
  /** What the HTTP cache beneath may do. */
  cacheMode: HttpCacheMode;
  /** What is stored is not named to the origin: the HTTP cache beneath may answer. */
  unconditional?: boolean;
  /** The request forbids storing. */
  noStore: boolean;
  urgency: () => number | undefined;
  /** The body may go to a page as it comes. */
  stream: boolean;
  /** A page waits for it, and for nothing but the body: the write can wait. */
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

/** How the origin is asked for what a lookup has not found, or not fresh. */
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
    stored: stored !== undefined || primary !== undefined,
    request: policy,
    suspect,
  });
  return {
    request,
    address,
    subject,
    state,
    cacheName: place.cacheName,
    // A handle that cannot be opened stores nothing; the tile still comes from the network.
    cache: store.open(place.cacheName, 'patiently').catch(() => undefined),
    key: place.key,
    candidates: policy.reload ? [] : candidatesOf(found, subject, now()),
    primary,
    cacheMode,
    unconditional: suspect === 'settled' && cacheMode === 'default',
    // Whose tiles were cleared while this was under way gets an answer, and leaves nothing behind.
    noStore: policy.noStore || bulk || isCleared(state, subject, since) || leaving.has(subject),
    urgency,
    stream,
    shownFirst: stream && !background,
  };
}

/** Nothing that a purge covers is shown to the origin: a 304 would bring back what must be gone. */
function candidatesOf({ state, cacheName, stored, primary }: Found, subject: Subject, now: number): Tile[] {
  const isAbsent = (tile: Tile) =>
    (tile === stored?.tile
      ? stored.verdict
      : judge(state, subject, tile, isOlder(state, subject.layer.name, tile, cacheName), now)
    ).rule === 'absent';
  return [...new Set([stored?.tile, primary])].filter(
    (tile): tile is Tile =>
      tile !== undefined &&
      tile.status !== 0 &&
      // A tag may hold for another URL of the tile, a date does not.
      (tile.meta.token === subject.asked || tile.headers.has('etag')) &&
      !isAbsent(tile),
  );
}
