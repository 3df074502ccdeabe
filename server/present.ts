import type { OriginState } from './state';
import { adopt, EMPTY_STATE } from './state';
import type { OriginLayer } from './tile-headers';
import type { VersionStore } from './version-store';

/** The newest state that this instance knows, held in memory. */
export interface Present {
  /** Rejects with `STORAGE_FAILED` while the store was never read; the next call tries again. */
  present(): Promise<OriginState>;
  /** What is known now; the empty state before the first reading. */
  last(): OriginState;
  close(): Promise<void>;
}

/** Reads the store once, then hears of every change. `onChange` gets each newer state. */
export function createPresent(
  store: VersionStore, layers: Record<string, OriginLayer>, now: () => number, onChange: (state: OriginState) => void,
): Present {
  let known: OriginState | undefined;
  let starting: Promise<OriginState> | undefined;
  let stop: (() => void) | undefined;

  function learn(state: OriginState): OriginState {
    if (!known || state.sequence > known.sequence) {
      known = state;
      onChange(state);
    }
    return known;
  }

  async function start(): Promise<OriginState> {
    // Listening comes before reading: what is published in between is heard.
    stop ??= await store.watch(learn);
    let state = await store.read();
    for (const [layer, { version }] of Object.entries(layers)) {
      if (version !== undefined) state = await store.update((current) => adopt(current, layer, version, now()));
    }
    return learn(state);
  }

  return {
    present: async () =>
      known && !starting ? known : await (starting ??= start().finally(() => (starting = undefined))),
    last: () => known ?? EMPTY_STATE,
    async close() {
      await starting?.catch(() => undefined);
      stop?.();
    },
  };
}
