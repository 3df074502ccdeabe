import { type LayerState, layerState, type OriginState, type Owed } from '../versions/state';
import { isDueAt, owedOf, postpone } from '../versions/owed';
import { withOwn } from '../versions/transitions';
import { account } from './debts';
import type { NamedPurger } from './named-purger';
import type { Present } from './present';
import type { Timed } from './publish-steps';
import { type Paced, purgeDue } from './purge-due';

/** Maximum milliseconds of a timer; a longer timer would fire at once. */
const LONGEST_TIMER = 86_400_000;

/** The parts that retrying in the background needs. */
export interface RetryParts {
  versions: Pick<Present, 'update'>;
  cdns: () => readonly NamedPurger[];
  /** Clears the whole layer from the origin's own cache. */
  clear?: ((layer: string, timed: Timed) => Promise<boolean>) | undefined;
  /** Runs a task when no publication of the layer is running. */
  inTurn: (layer: string, task: () => Promise<void>) => Promise<void>;
  timed: (layer: string) => Timed;
  /** Returns how the layer's purges are spread over its zooms. */
  paced: (layer: string, state: LayerState | undefined) => Paced | undefined;
  now: () => number;
}

/** Retries purges that failed, with growing pauses. */
export interface Retry {
  /** Takes a state, and sets a timer for its next purge. */
  note(state: OriginState): void;
  /** Retries the purges that are due. Resolves when they are done or have failed again. */
  run(): Promise<void>;
  close(): void;
}

/**
 * Creates the retry. Of several instances that share a store, the one that takes a purge first postpones it for the
 * others.
 */
export function createRetry({ versions, cdns, clear, inTurn, timed, paced, now }: RetryParts): Retry {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: OriginState | undefined;
  let closed = false;

  /** Returns whether this instance has the debt's CDN; otherwise another instance must pay it. */
  const mine = ({ cdn }: Owed) => (cdn === undefined ? clear !== undefined : cdns().some((each) => each.cdn === cdn));
  const isDue = (owed: Owed) => mine(owed) && isDueAt(owed.dueAt, now());

  async function retryLayer(layer: string): Promise<void> {
    let taken: Owed[] = [];
    const state = await versions.update((state) => {
      taken = owedOf(state, layer).filter(isDue);
      const marks = new Set(taken);
      return taken.length > 0 ? withOwn(state, layer, (each) => postpone(each, (o) => marks.has(o), now())) : undefined;
    });
    if (taken.length === 0) return;
    const own = taken.find(({ cdn }) => cdn === undefined);
    // Clear the origin's cache first: otherwise a purged edge would refill with old tiles.
    const cleared = !own || (await clear!(layer, timed(layer)));
    if (!cleared) return;
    const outcomes = await purgeDue({
      ...{ layer, cdns: cdns(), timed: timed(layer), paced: paced(layer, layerState(state, layer)) },
      due: (name) => {
        const owed = taken.find(({ cdn }) => cdn === name);
        return owed && { debt: owed, mark: owed.mark };
      },
    });
    const all = [...outcomes, ...(own ? [{ debt: own, mark: own.mark, ok: true }] : [])].filter(({ ok }) => ok);
    await versions.update((state) => account(state, layer, all, now()));
  }

  async function run(): Promise<void> {
    const layers = Object.entries(last?.layers ?? {}).filter(([, { owed = [] }]) => owed.some(isDue));
    await Promise.all(layers.map(([layer]) => inTurn(layer, () => retryLayer(layer)).catch(() => undefined)));
    arm();
  }

  function arm(): void {
    clearTimeout(timer);
    timer = undefined;
    const due = Object.values(last?.layers ?? {}).flatMap(({ owed = [] }) =>
      owed.filter(mine).map(({ dueAt }) => (isDueAt(dueAt, now()) ? now() : dueAt)),
    );
    if (closed || due.length === 0) return;
    const wait = Math.min(LONGEST_TIMER, Math.max(1000, Math.min(...due) - now()));
    timer = setTimeout(() => void run(), wait);
    // Do not let the timer keep a Node process alive. Elsewhere, a timer is a number.
    (timer as { unref?(): void }).unref?.();
  }

  return {
    note(state) {
      last = state;
      arm();
    },
    run,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
