import type { Trace, TraceEntry, TraceQuery, TraceStep } from '../../src/shared/inspect-trace';
import { isInteger, readLayerName, refuse } from '../../src/shared/validate';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Wanted } from '../lookup/wanted';
import { mayStore } from '../http/storability';
import type { Flights, Joined } from '../origin/flights';
import type { Outcome } from '../origin/outcome';
import { decideOn, type TileHandler } from '../request/handle-tile';
import type { RequestTools } from '../request/task';
import type { InspectTools } from './tools';

/** The most decisions to keep. */
const SIZE = 500;
/** Milliseconds after the last query until tracing stops, so that it costs nothing while nobody reads it. */
const LINGER_MS = 60_000;
const CODE = 'INVALID_MESSAGE';

/** Keeps the last decisions while a page queries them. */
export interface Tracer {
  /** The request tools, which report to the tracer while tracing is on. */
  tools: RequestTools;
  /** Wraps a handler so that its decisions are traced. */
  around(handler: TileHandler): TileHandler;
  /** Returns the kept decisions, and traces for another minute unless `on` is false. Throws `INVALID_MESSAGE`. */
  read(query: TraceQuery): Trace;
  /** The last traced decision for a key. */
  lastOf(key: string): TraceEntry | undefined;
}

interface Draft {
  entry: TraceEntry;
  note(step: TraceStep['step'], what: string): void;
}

export function createTracer(tools: InspectTools): Tracer {
  const { now, monotonic } = tools;
  let ring: TraceEntry[] = [];
  let count = 0;
  let since = 0;
  let until = 0;
  /** `undefined` while tracing is off. That check is the only cost of a request then. */
  let drafts: WeakMap<Request, Draft> | undefined;

  const begin = (request: Request, { layer, tile, key }: TileAddress): Draft => {
    const begun = monotonic();
    const { method } = request;
    const entry: TraceEntry = {
      number: (count += 1),
      startedAt: now(),
      layer: layer.name,
      ...(tile && { tile }),
      key,
      method,
      why: undefined,
      status: undefined,
      code: undefined,
      steps: [],
    };
    ring.push(entry);
    if (ring.length > SIZE) ring.shift();
    const note: Draft['note'] = (step, what) =>
      void entry.steps.push({ step, at: Math.round((monotonic() - begun) * 10) / 10, what });
    note('route', layer.name);
    return { entry, note };
  };

  const off = () => {
    drafts = undefined;
    ring = [];
  };

  return {
    tools: {
      ...tools,
      lookup(wanted, patiently) {
        const draft = drafts?.get(wanted.request);
        const looking = tools.lookup(wanted, patiently);
        return draft ? looking.then((found) => (noteFound(tools, draft, wanted, found), found)) : looking;
      },
      flights: watched(tools.flights, (request) => drafts?.get(request)),
    },
    around: (handler) => (asked) => {
      if (!drafts) return handler(asked);
      if (now() > until) off();
      const draft = drafts && begin(asked.request, asked.address);
      if (!draft) return handler(asked);
      drafts?.set(asked.request, draft);
      const handled = handler(asked);
      handled.response.then(
        (response) => noteAnswer(draft, response),
        () => draft.note('answer', 'network error'),
      );
      return handled;
    },
    read(query) {
      const { layer, limit = 100, after = 0, on = true } = query;
      if (!isInteger(limit, 1, SIZE)) refuse(CODE, 'limit', `an integer from 1 to ${SIZE}`);
      if (!isInteger(after, 0)) refuse(CODE, 'after', 'the number of a decision');
      if (layer !== undefined) readLayerName(layer, 'layer', CODE);
      const entries = ring.filter((entry) => entry.number > after && (layer === undefined || entry.layer === layer));
      if (on === false) off();
      else {
        if (!drafts) since = now();
        drafts ??= new WeakMap();
        until = now() + LINGER_MS;
      }
      return { since, entries: structuredClone(entries.slice(-limit)) };
    },
    lastOf: (key) => [...ring].reverse().find((entry) => entry.key === key),
  };
}

type FoundOf = Awaited<ReturnType<RequestTools['lookup']>>;

function noteFound(tools: InspectTools, { note, entry }: Draft, wanted: Wanted, found: FoundOf): void {
  note('ledger', `epoch ${found.state.epoch}`);
  const { stored, broken, otherVariants } = found;
  note(
    'store',
    stored
      ? `found, ${stored.verdict.by ?? 'no rule'}`
      : broken
        ? 'broken'
        : otherVariants
          ? 'other variants'
          : 'nothing',
  );
  const { kind, why } = decideOn(tools, wanted, found);
  entry.why = why;
  note('decision', `${kind}, ${why}`);
}

function watched(flights: Flights, draftOf: (request: Request) => Draft | undefined): Flights {
  const join: Flights['join'] = (wanted, found, joining) => {
    const joined = flights.join(wanted, found, joining);
    const draft = draftOf(wanted.request);
    if (!draft) return joined;
    const note = (one: Joined | undefined) => {
      draft.note(
        'flight',
        !one ? 'look again' : one.leader ? (joining.background ? 'behind the answer' : 'leads') : 'joined',
      );
      void one?.exchange.outcome.then((outcome) => noteOutcome(draft, wanted, outcome));
      return one;
    };
    return joined instanceof Promise ? joined.then(note) : note(joined)!;
  };
  return { ...flights, join };
}

function noteOutcome({ note, entry }: Draft, { policy, subject }: Wanted, outcome: Outcome): void {
  if (outcome.kind === 'failure') {
    entry.unstored = outcome.reason === 'status' && outcome.status ? `status ${outcome.status}` : outcome.reason;
    return note('network', outcome.status === undefined ? outcome.reason : `${outcome.status}, ${outcome.reason}`);
  }
  const { tile, notModified, stored } = outcome;
  note('network', notModified ? '304' : String(tile.status));
  const type = tile.response?.type ?? 'basic';
  const may = mayStore(
    { method: 'GET', noStore: policy.noStore },
    { status: tile.status, headers: tile.headers, type },
    subject.layer,
  );
  if (stored) delete entry.unstored;
  else entry.unstored = may.store ? 'not-written' : may.reason;
  note('write', stored ? 'stored' : `not stored: ${entry.unstored}`);
}

function noteAnswer({ note, entry }: Draft, { status, headers }: Response): void {
  entry.code = status;
  const timing = headers.get('server-timing') ?? '';
  entry.status = /(?:^|, )sw-tile-cache;desc=([\w-]+)/.exec(timing)?.[1] ?? 'passed';
  note('answer', `${status} ${entry.status}`);
}
