import type { StatusDetail } from '../../src/shared/status-detail';
import { askOrigin } from './ask-origin';
import type { Asking, AskTools } from './asking';
import type { ExchangePlan } from './exchange-plan';
import { createKeeping } from './keeping';
import { NetworkFailure } from './network';
import type { Outcome } from './outcome';
import { BodyStalled } from './read-body';
import type { Head } from './response-body';
import type { TileWriter } from './tile-writer';
import { watchUnwanted } from './unwanted';
import type { WriteBehind } from './write-behind';

/** One request to the origin, shared by all callers that wait for it. */
export interface Exchange {
  readonly plan: ExchangePlan;
  /**
   * Resolves when the head has come and the body streams or is complete; only for the caller that started the exchange.
   * Resolves with undefined if the caller has to wait for `outcome`.
   */
  readonly head: Promise<Head | undefined>;
  /** Resolves after the body is whole and stored. Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Aborts the request, because nobody waits for it any more. */
  abort(): void;
  /** True when the exchange was aborted or has failed: no tile will come of it. */
  readonly over: boolean;
  /** Drops the bytes, because an unsafe method has changed the URL meanwhile. */
  discard(): void;
  /** True while the tile is whole and has gone to the page, but is not stored yet. */
  readonly held: boolean;
  /** Stores the tile at once, because a caller waits for the outcome. */
  hurry(): void;
}

export interface ExchangeTools extends AskTools {
  writer: TileWriter;
  behind: WriteBehind;
}

/** Asks the origin, and resolves one promise when the head has come and another when the whole tile has. */
export function startExchange(plan: ExchangePlan, tools: ExchangeTools): Exchange {
  const controller = new AbortController();
  const watch = watchUnwanted(plan.urgency, () => controller.abort(), tools.timers);
  const keeping = createKeeping(plan, tools);
  let tellHead: (head: Head | undefined) => void = () => {};
  const head = new Promise<Head | undefined>((resolve) => (tellHead = resolve));
  const asking: Asking = { ...tools, plan, keeping, watch, controller, tellHead };

  const outcome = askOrigin(asking)
    .catch((error: unknown): Outcome => {
      // The page that reads the other branch of a body must not wait for a branch that we have given up.
      controller.abort();
      return { kind: 'failure', reason: watch.gaveUp ? 'timeout' : reasonOf(error) };
    })
    .finally(() => {
      keeping.came();
      watch.end();
      tellHead(undefined);
    });

  return {
    plan,
    head,
    outcome,
    abort: () => controller.abort(),
    get over() {
      return controller.signal.aborted;
    },
    discard: keeping.discard,
    get held() {
      return keeping.held;
    },
    hurry: keeping.hurry,
  };
}

function reasonOf(error: unknown): StatusDetail {
  if (error instanceof NetworkFailure) return error.reason;
  return error instanceof BodyStalled ? 'timeout' : 'cut off';
}
