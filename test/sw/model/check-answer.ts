import type { LayerOptions } from '../../../src/shared/layer-options';
import { type NetworkModel, WINDOWS } from './network-model';
import type { OriginModel } from './origin-model';

/** An acked invalidation, or an acked clear of one user's tiles. */
export interface Promised {
  sentAt: number;
  mode: 'purge' | 'stale';
  holds: (tile: number, user: string | undefined) => boolean;
}

/** The circumstances of an answer. */
export interface Known {
  kept: readonly Promised[];
  /** When the ledger was lost, by the origin's counter; 0 if never. */
  lost: number;
  now: number;
  /** True if the clock has gone back, so that ages prove nothing. */
  jumped: boolean;
}

/** The page's request. */
export interface Asked {
  tile: number;
  token?: string | undefined;
  style?: string | undefined;
  user?: string | undefined;
}

export interface Answered {
  status: number;
  headers: Headers;
  body: string;
}

export interface Stats {
  answers: number;
  hits: number;
  impatient: number;
}

/** The windows of the layer and the origin's headers, in seconds. */
export interface Windows {
  maxAge: number;
  staleWhileRevalidate: number;
  staleIfError: number;
}

interface Around {
  origin: OriginModel;
  network: NetworkModel;
  layer: LayerOptions;
  stats: Stats;
  problems: string[];
  /** @default what the origin's headers allow */
  windows?: Windows;
}

/** Checks an answer against the invariants P1 to P6 and P12. Adds each violation to `problems`. */
export function checkAnswer(
  { tile, token, style, user }: Asked,
  { status, headers, body }: Answered,
  { kept, lost, now, jumped }: Known,
  { origin, network, layer, stats, problems, windows = WINDOWS }: Around,
): void {
  const cacheStatus = headers.get('cache-status') ?? '';
  const fail = (why: string) =>
    problems.push(
      `${why}: tile ${tile} ${token ?? ''} ${status} "${body}" ${cacheStatus} x-contact=${headers.get('x-contact')} label=${headers.get('x-tile-version')}`,
    );
  if (status !== 200) return;
  const contact = Number(headers.get('x-contact'));
  const hit = /; hit/.test(cacheStatus);
  const ttl = Number(/ttl=(-?\d+)/.exec(cacheStatus)?.[1] ?? NaN);
  const fallback = /fwd=stale/.test(cacheStatus) && /detail=/.test(cacheStatus);
  const marked = fallback || (hit && ttl <= 0);
  stats.hits += hit ? 1 : 0;
  stats.impatient += /detail=patience/.test(cacheStatus) ? 1 : 0;
  const known = network.contacts.get(contact);
  const [base = '', ofStyle, ofUser] = body.split('~');
  const whole = network.complete.has(body);
  if (whole && known && known.body !== body) fail('bytes of another exchange');
  if (whole && ofStyle !== style) fail('RFC 9111 section 4.1: another variant');
  if (whole && ofUser !== user) fail('P7: a tile of another user');
  if (hit && !whole) fail('P4: a cut body was stored');
  for (const { sentAt, mode, holds } of kept) {
    // The worker passes on a response that is not a tile, such as a captive portal's page, unchanged.
    if (!known || !holds(tile, user) || contact > sentAt) continue;
    if (mode === 'purge') fail('P1: shown after its purge was acked');
    else if (!marked) fail('P1: shown as fresh after it was marked stale');
  }
  if (known && lost > 0 && contact <= lost && !marked) fail('P6: unvalidated after the ledger was lost');
  const label = headers.get('x-tile-version');
  if (label !== null && whole && origin.snapshots.get(label)?.[tile] !== base) fail('P3: no evidence for the label');
  const named = token === undefined ? undefined : origin.snapshots.get(token);
  if (hit && ttl > 0 && named && known && known.token !== token && named[tile] !== base)
    fail(`fresh under ${token}, which it was not fetched as and does not equal`);
  if (jumped || !known || layer.freshness === 'version') return;
  const age = (now - known.clock) / 1000;
  // Date has a resolution of one second.
  if (hit && ttl > 0 && age > windows.maxAge + 1) fail(`P2: fresh at age ${age}`);
  if (hit && ttl <= 0 && !/detail/.test(cacheStatus) && age > windows.maxAge + windows.staleWhileRevalidate + 1)
    fail(`P2: stale beyond its window at age ${age}`);
  // A response that the origin has just sent is no stand-in. Only its version label can make it stale.
  const standsIn = fallback && !/detail=versionmismatch/.test(cacheStatus);
  if (standsIn && age > windows.maxAge + windows.staleIfError + 1) fail(`P2: stale-if-error at age ${age}`);
}
