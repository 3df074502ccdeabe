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

/** One request to the origin and all that wait for it. */
export interface Exchange {
  readonly plan: ExchangePlan;
  /** The head has come and the body streams, or is there: for the one who asked for it. Undefined: wait for `outcome`. */
  readonly head: Promise<Head | undefined>;
  /** After the body is whole and stored. Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Nobody waits any more. */
  abort(): void;
  /** It was aborted, or has failed: nothing will come of it. */
  readonly over: boolean;
  /** The bytes must not be kept: the URL was changed by an unsafe method meanwhile. */
  discard(): void;
  /** The tile is whole and has gone to the page; it is not stored yet. */
  readonly held: boolean;
  /** Somebody waits for the outcome: it is stored at once. */
  hurry(): void;
}

export interface ExchangeTools extends AskTools {
  writer: TileWriter;
  behind: WriteBehind;
}

/** Asks the origin, and tells both when the head of a tile and when the whole of it is there. */
export function startExchange(plan: ExchangePlan, tools: ExchangeTools): Exchange {
  const controller = new AbortController();
  const watch = watchUnwanted(plan.urgency, () => controller.abort(), tools.timers);
  const keeping = createKeeping(plan, tools);
  let tellHead: (head: Head | undefined) => void = () => {};
  const head = new Promise<Head | undefined>((resolve) => (tellHead = resolve));
  const asking: Asking = { ...tools, plan, keeping, watch, controller, tellHead };

  const outcome = askOrigin(asking)
    .catch((error: unknown): Outcome => {
      // The page that reads the other branch of a body must not wait for what we have given up.
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
