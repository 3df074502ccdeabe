import { isInteger, refuse } from '../../src/shared/validate';
import type { Exchange } from '../origin/exchange';
import { createTileHandler, type TileHandler } from '../request/handle-tile';
import type { RequestTools } from '../request/task';

/** The network conditions that a page has asked for. */
export interface Simulated {
  offline: boolean;
  /** Milliseconds that each request to the origin waits. */
  delay: number;
}

/** Simulates an offline or slow network for one page only. */
export interface Simulation {
  /** Wraps a handler: the requests of a page that simulates go to another one. */
  around(handler: TileHandler): TileHandler;
  /** Starts a page's simulation, or ends it if nothing is wanted. Throws `INVALID_MESSAGE`. */
  set(clientId: string | undefined, wanted: { offline?: unknown; delay?: unknown }): Simulated;
  /** Returns what a page simulates now. */
  of(clientId: string | undefined): Simulated;
}

const NONE: Simulated = { offline: false, delay: 0 };
const MAX_DELAY = 30_000;
const MAX_PAGES = 32;
/** Milliseconds after which a simulation ends, because a page that is gone or has closed its panel sends nothing. */
const LASTS_MS = 30_000;
const CODE = 'INVALID_MESSAGE';

export function createSimulation(tools: RequestTools, sleep: (ms: number) => Promise<void>): Simulation {
  const { now } = tools;
  /** `undefined` while no page simulates anything. */
  let pages: Map<string, Simulated & { until: number; handler: TileHandler }> | undefined;
  const offline = createTileHandler(withoutNetwork(tools));

  const current = (clientId: string | undefined) => {
    const page = clientId === undefined ? undefined : pages?.get(clientId);
    return page && page.until > now() ? page : undefined;
  };

  return {
    around: (handler) => (asked) => (pages ? (current(asked.clientId)?.handler ?? handler) : handler)(asked),
    set(clientId, { offline: gone = false, delay = 0 }) {
      if (typeof gone !== 'boolean') refuse(CODE, 'offline', 'true or false');
      if (!isInteger(delay, 0, MAX_DELAY)) refuse(CODE, 'delay', `milliseconds from 0 to ${MAX_DELAY}`);
      if (clientId === undefined) return NONE;
      pages?.delete(clientId);
      if (gone || delay > 0) {
        pages ??= new Map();
        if (pages.size >= MAX_PAGES) pages.delete(pages.keys().next().value as string);
        const handler = gone ? offline : createTileHandler(slowed(tools, () => sleep(delay)));
        pages.set(clientId, { offline: gone, delay, until: now() + LASTS_MS, handler });
      }
      if (pages?.size === 0) pages = undefined;
      return { offline: gone, delay };
    },
    of(clientId) {
      const { offline: gone, delay } = current(clientId) ?? NONE;
      return { offline: gone, delay };
    },
  };
}

/** Sends no request and answers with the stored tile at once. Leaves the health of the real network unchanged. */
function withoutNetwork(tools: RequestTools): RequestTools {
  const health: RequestTools['health'] = {
    dead: () => true,
    mayProbe: () => false,
    holds: () => false,
    failed: () => {},
    answered: () => {},
    offline: true,
  };
  return {
    ...tools,
    health,
    send: () => Promise.reject(new TypeError('simulated: offline')),
    flights: {
      ...tools.flights,
      join: ({ request }, { state }) => ({
        // The code that handles a failure reads only these fields.
        exchange: {
          plan: { request, state } as Exchange['plan'],
          head: Promise.resolve(undefined),
          outcome: Promise.resolve({ kind: 'failure', reason: 'network' }),
          abort: () => {},
          over: false,
          discard: () => {},
          held: false,
          hurry: () => {},
        },
        leader: true,
        streams: false,
      }),
      wait: () => () => {},
    },
  };
}

function slowed(tools: RequestTools, wait: () => Promise<void>): RequestTools {
  const { flights, send } = tools;
  return {
    ...tools,
    send: async (request, address) => {
      await wait();
      return send(request, address);
    },
    flights: {
      ...flights,
      join: async (...given) => {
        await wait();
        return flights.join(...given);
      },
    },
  };
}
