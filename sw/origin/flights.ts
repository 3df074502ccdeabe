import type { TileAddress } from '../../src/shared/tile-matcher';
import { type Exchange, startExchange } from './exchange';
import type { ExchangePlan } from './exchange-plan';
import type { Keeper } from './writer';
import type { Ledger } from '../ledger/ledger';
import type { Found } from '../request/lookup';
import type { Network } from './network';
import { createSuspects } from './suspects';
import { httpCacheMode, isPrivate } from '../policy/http-cache-mode';
import type { NetworkHealth } from './health';
import type { Patience } from './patience';
import type { ClockSkew } from '../http/clock-skew';
import type { Timers } from '../util/deadline';
import type { RequestPolicy } from '../http/request-directives';
import { distrustsHttpCache, judge, overtaken, type Subject } from '../ledger/verdict';
import type { Viewports, Waiter } from '../pages/viewports';
import { isBeside } from '../store/tile-key';
import type { Tile, TileStore } from '../store/tile-store';

/** What a caller wants from the origin. */
export interface FlightRequest {
  request: Request;
  address: TileAddress;
  subject: Subject;
  found: Found;
  policy: RequestPolicy;
  background: boolean;
  stream?: boolean;
  /** What others were answered is not for this request: it has a flight of its own. */
  alone?: boolean;
}

/** An exchange, and how many wait for it. */
export interface Flight extends Exchange {
  /** The page's request that started it. */
  readonly request: Request;
}

/** At most one request to the origin for the same thing at a time (RFC 9111 section 4, P5). */
export interface Flights {
  /** Joins a flight for the same thing or starts one. Undefined, later: one was in the way and has ended, look again. */
  join(wanted: FlightRequest): Promise<Flight | undefined> | Flight;
  /**
   * Counts a caller; the last one whose abort the engine signals cancels. Returns the function that stops counting:
   * `'goes on'` where the caller has its answer and the request goes on behind it.
   */
  wait(flight: Flight, signal: AbortSignal, clientId?: string): (then?: 'goes on') => void;
  /** Ends what all that wait for it have moved on from; asked after each view that a map tells. */
  review(): void;
  /** Nothing that is in flight for this key will be kept. */
  discard(key: string): void;
  readonly size: number;
}

interface FlightTools {
  network: Network;
  health: NetworkHealth;
  patience: Patience;
  keeper: Keeper;
  store: TileStore;
  ledger: Ledger;
  /** The worker's own origin. */
  origin: string;
  now: () => number;
  skew: ClockSkew;
  timers: Timers;
  urgency: (address: TileAddress, background: boolean) => number | undefined;
  viewports: Pick<Viewports, 'meet' | 'leftBehind'>;
}

interface Demand {
  /** Those that wait for it. */
  waiting: Set<Waiter>;
  /** Begun behind an answer: it goes on when every page has left. */
  wanted: boolean;
  /** No page waits for it yet: it may be slow. */
  background: boolean;
}

type Entry = Flight & { demand: Demand };

export function createFlights(tools: FlightTools): Flights {
  const { store, ledger, urgency, viewports, now, origin, patience } = tools;
  const flights = new Map<string, Entry>();
  const suspects = createSuspects();
  let loners = 0;

  const start = (id: string, wanted: FlightRequest): Entry => {
    const { request, address, subject, found, policy, background, stream } = wanted;
    const { key } = found.place;
    const { state, cacheName, place, tile, primary } = found;
    // Nothing that a purge covers is shown to the origin: a 304 would bring back what must be gone.
    const candidates = [...new Set([tile, primary])].filter(
      (one): one is Tile =>
        one !== undefined &&
        one.status !== 0 &&
        !policy.reload &&
        // A tag may hold for another URL of the tile, a date does not.
        (one.meta.token === address.token || one.headers.has('etag')) &&
        judge(state, subject, one, one.cacheName !== cacheName, now()).rule !== 'absent',
    );
    const demand: Demand = { waiting: new Set(), wanted: background, background };
    const suspect = suspects.of(key);
    const mode = httpCacheMode({
      private: isPrivate(request, address, origin),
      ruled: distrustsHttpCache(state, subject),
      stored: tile !== undefined || primary !== undefined,
      request: policy,
      suspect,
    });
    const plan: ExchangePlan = {
      request,
      address,
      subject,
      state,
      cacheName: place.cacheName,
      // A handle that cannot be opened stores nothing; the tile still comes from the network.
      cache: store.open(place.cacheName).catch(() => undefined),
      key: place.key,
      candidates,
      primary,
      cacheMode: mode,
      unconditional: suspect === 'settled' && mode === 'default',
      noStore: policy.noStore,
      urgency: () => urgency(address, demand.background),
      stream: stream === true,
    };
    const exchange = startExchange(plan, tools);
    const entry: Entry = Object.assign(exchange, { request, demand });
    flights.set(id, entry);
    void exchange.outcome.then((outcome) => {
      if (flights.get(id) === entry) flights.delete(id);
      if (outcome.kind === 'tile' || outcome.status !== undefined) patience.answered(request.url);
      if (outcome.kind === 'tile') suspects.cleared(key);
      else if (outcome.tile && outcome.reason !== 'status') suspects.refused(key, outcome.reason, outcome.tile.bytes);
    });
    return entry;
  };

  const end = (entry: Entry) => {
    for (const [id, other] of flights) if (other === entry) flights.delete(id);
    entry.abort();
  };

  return {
    join(wanted) {
      const { request, found, address, subject, policy, background } = wanted;
      const { cacheName, key } = found.place;
      if (found.state !== ledger.state) return Promise.resolve(undefined);
      const id = [cacheName, key, address.token, request.mode === 'no-cors', request.credentials].join(' ');
      if (wanted.alone) return start(`${id} ${(loners += 1)}`, wanted);
      const flight = flights.get(id);
      if (!flight || flight.over || overtaken(found.state, subject, flight.plan.state.epoch)) return start(id, wanted);
      flight.demand.background &&= background;
      // Somebody who insists on the origin is not served by what may come out of the HTTP cache, nor a store by what is not stored.
      const insists = (policy.noCache || policy.reload) && flight.plan.cacheMode === 'default';
      if (!insists && (policy.noStore || !flight.plan.noStore)) return flight;
      return flight.outcome.then(() => undefined);
    },
    wait(flight, signal, clientId = '') {
      const entry = flight as Entry;
      const waiter = viewports.meet(clientId);
      entry.demand.waiting.add(waiter);
      const leave = () => void entry.demand.waiting.delete(waiter);
      const aborted = () => {
        leave();
        if (entry.demand.waiting.size === 0 && !entry.demand.wanted) end(entry);
      };
      signal.addEventListener('abort', aborted, { once: true });
      if (signal.aborted) aborted();
      return (then) => {
        signal.removeEventListener('abort', aborted);
        leave();
        if (then !== 'goes on') return;
        entry.demand.wanted = true;
        if (entry.demand.waiting.size === 0) entry.demand.background = true;
      };
    },
    review() {
      for (const entry of new Set(flights.values())) {
        const { waiting, wanted } = entry.demand;
        if (wanted || waiting.size === 0) continue;
        if ([...waiting].every((waiter) => viewports.leftBehind(entry.plan.address, waiter))) end(entry);
      }
    },
    discard(key) {
      for (const flight of flights.values()) if (isBeside(key, flight.plan.key)) flight.discard();
    },
    get size() {
      return flights.size;
    },
  };
}
