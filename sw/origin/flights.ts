import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Ledger } from '../ledger/ledger';
import { isSuperseded } from '../ledger/verdict';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import type { Viewports, Waiter } from './viewports';
import { isBeside } from '../store/tile-key';
import type { TileStore } from '../store/tile-store';
import { type Exchange, type ExchangeTools, startExchange } from './exchange';
import { planExchange } from './exchange-plan';
import { BACKGROUND, GUESS } from './limiter';
import type { Leaving } from './leaving';
import { createSuspects } from './suspects';

/** How a caller takes part in an exchange. */
export interface Joining {
  /** No page waits for it. */
  background: boolean;
  /** Lets the page read the body as it arrives; in the background, a page that joins later. */
  stream?: boolean;
  /**
   * Set after another request's answer did not fit this one: the variant by which this request joins others. '' joins
   * nobody.
   */
  apart?: string | undefined;
  /** For a region: goes on wherever maps look, as long as a caller waits, and is not stored here. */
  bulk?: boolean;
  /** For a prefetch, before a map needs the tile: as for a region, but stored. */
  ahead?: boolean;
}

/** An exchange that others may have begun. */
export interface Joined {
  exchange: Exchange;
  /** True for the request that began it. */
  leader: boolean;
  /** True for the caller that gets the head and the stream. */
  streams: boolean;
}

/** Sends at most one request to the origin for the same thing at a time (RFC 9111 section 4, P5). */
export interface Flights {
  /**
   * Joins a flight for the same thing, or starts one. Resolves with undefined if another flight was in the way and has
   * ended: the caller looks again.
   */
  join(wanted: Wanted, found: Found, joining: Joining): Promise<Joined | undefined> | Joined;
  /**
   * Counts a caller. The last caller whose abort the engine signals cancels the request. Returns the function that
   * stops counting; call it with `'goes on'` if the caller has its answer and the request goes on behind it.
   */
  wait(exchange: Exchange, signal: AbortSignal, clientId?: string): (then?: 'goes on') => void;
  /** Ends each request whose callers' maps all look elsewhere by now. Called after each view that a map tells. */
  review(): void;
  /** Drops everything in flight for this key instead of storing it. */
  discard(key: string): void;
}

interface FlightTools extends ExchangeTools {
  store: TileStore;
  ledger: Ledger;
  leaving: Leaving;
  /** The worker's own origin. */
  origin: string;
  urgency: (address: TileAddress, background: boolean) => number | undefined;
  viewports: Pick<Viewports, 'meet' | 'leftBehind'>;
}

/** Who waits for the answer, and how urgent it is. */
interface Demand {
  /** The callers that wait for the answer. */
  waiting: Set<Waiter>;
  /** True if the request was started after its page had its answer: it continues when every page has left. */
  wanted: boolean;
  /** True while no page waits for it: it may be slow. */
  background: boolean;
  /** True while the body may go to a page, but no page reads it yet. */
  unread: boolean;
}

/** Behind everything that maps request. */
const BULK = BACKGROUND + 1;

type Flight = Exchange & { demand: Demand };

export function createFlights(tools: FlightTools): Flights {
  const { ledger, urgency, viewports } = tools;
  const flights = new Map<string, Flight>();
  const suspects = createSuspects();
  let loners = 0;

  const start = (
    id: string,
    wanted: Wanted,
    found: Found,
    { background, stream = false, bulk = false, ahead = bulk }: Joining,
  ): Flight => {
    const demand = {
      waiting: new Set<Waiter>(),
      wanted: background && !ahead,
      background,
      unread: stream && background,
    };
    const plan = planExchange({ ...tools, suspects }, wanted, found, {
      stream,
      background,
      bulk,
      urgency: () => (ahead && demand.background ? (bulk ? BULK : GUESS) : urgency(wanted.address, demand.background)),
    });
    const flight: Flight = Object.assign(startExchange(plan, tools), { demand });
    flights.set(id, flight);
    void flight.outcome.then((outcome) => {
      if (flights.get(id) === flight) flights.delete(id);
      // A body that is too large to be held must not wait for a reader.
      if (demand.unread) void flight.head.then((head) => head?.body.cancel());
      if (outcome.kind === 'tile') suspects.forget(plan.key);
      else if (outcome.tile && outcome.reason !== 'status')
        suspects.refused(plan.key, outcome.reason, outcome.tile.bytes);
    });
    return flight;
  };

  const end = (flight: Flight) => {
    // The request has succeeded, and only the write remains.
    if (flight.held) return;
    for (const [id, other] of flights) if (other === flight) flights.delete(id);
    flight.abort();
  };

  return {
    join(wanted, found, joining) {
      if (found.state !== ledger.state) return Promise.resolve(undefined);
      const { apart, stream = false, background } = joining;
      const reads = stream && !background;
      const id = idOf(wanted, apart === undefined ? '' : apart || `${(loners += 1)}`);
      const lead = () => ({ exchange: start(id, wanted, found, joining), leader: true, streams: reads });
      const flight = flights.get(id);
      // The answer is complete, and goes to the store at once: the caller looks again, and finds it there.
      if (flight?.held) return (flight.hurry(), flight.outcome.then(() => undefined));
      if (!flight || flight.over || isSuperseded(found.state, wanted.subject, flight.plan.state.epoch)) return lead();
      flight.demand.background &&= background;
      if (suits(flight.plan, wanted, joining))
        return { exchange: flight, leader: false, streams: reads && flight.demand.unread && take(flight) };
      return flight.outcome.then(() => undefined);
    },
    wait: (exchange, signal, clientId = '') => count(exchange as Flight, viewports.meet(clientId), signal, end),
    review() {
      for (const flight of new Set(flights.values())) {
        const { waiting, wanted } = flight.demand;
        if (wanted || waiting.size === 0) continue;
        if ([...waiting].every((waiter) => viewports.leftBehind(flight.plan.address, waiter))) end(flight);
      }
    },
    discard(key) {
      for (const flight of flights.values()) if (isBeside(key, flight.plan.key)) flight.discard();
    },
  };
}

/**
 * Identifies a flight. The place of storage is not part of it: a token may become the version in force meanwhile, and
 * the request is the same.
 */
const idOf = ({ request, address: { layer, token }, subject, key }: Wanted, own: string) =>
  [layer.name, subject.partition, key, token, request.mode === 'no-cors', request.credentials, own].join(' ');

/**
 * True if a flight's answer suits this caller, too. A caller that insists on the origin must not get an answer that the
 * HTTP cache may have given, and a caller whose tile is stored must not get an answer that is not.
 */
const suits = (plan: Exchange['plan'], { policy }: Wanted, { bulk = false }: Joining) =>
  !((policy.noCache || policy.reload) && plan.cacheMode === 'default') && (policy.noStore || bulk || !plan.noStore);

/** Lets one page read the body as it arrives, however much of it has arrived. */
const take = ({ demand }: Flight) => ((demand.unread = false), true);

/** Counts a waiter. Calls `end` if its abort leaves a flight that nobody wants. */
function count(flight: Flight, waiter: Waiter, signal: AbortSignal, end: (flight: Flight) => void) {
  const { demand } = flight;
  const leave = () => void demand.waiting.delete(waiter);
  const aborted = () => {
    leave();
    if (demand.waiting.size === 0 && !demand.wanted) end(flight);
  };
  demand.waiting.add(waiter);
  signal.addEventListener('abort', aborted, { once: true });
  if (signal.aborted) aborted();
  return (then?: 'goes on') => {
    signal.removeEventListener('abort', aborted);
    leave();
    if (then !== 'goes on') return;
    demand.wanted = true;
    if (demand.waiting.size === 0) demand.background = true;
  };
}
