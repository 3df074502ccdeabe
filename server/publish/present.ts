import { EMPTY_STATE, type OriginState } from '../versions/state';
import type { OriginLayer } from '../layers/origin-layer';
import { adopt, recover } from '../versions/transitions';
import type { VersionStore } from '../versions/version-store';

/** Holds the newest state that this instance knows in memory. */
export interface Present {
  /** Resolves with that state. Rejects with `STORAGE_FAILED` until the store was read once; each call tries again. */
  present(): Promise<OriginState>;
  /** Returns that state; the empty state before the first read. */
  last(): OriginState;
  /** Reads the store, and restores what the store lost. Rejects with `STORAGE_FAILED`. */
  read(): Promise<OriginState>;
  /**
   * Updates the store as its `update` does, and restores what the store lost. This instance knows the result when it
   * resolves.
   */
  update: VersionStore['update'];
  close(): Promise<void>;
}

const same = (a: OriginState, b: OriginState) => a.sequence === b.sequence && JSON.stringify(a) === JSON.stringify(b);

/** Reads the store once, then follows its changes. Calls `onChange` with each newer state. */
export function createPresent(
  store: VersionStore,
  layers: Record<string, OriginLayer>,
  now: () => number,
  onChange: (state: OriginState) => void,
): Present {
  let known: OriginState | undefined;
  let starting: Promise<OriginState> | undefined;
  let stop: (() => void) | undefined;

  let repairing = false;

  function learn(state: OriginState): OriginState {
    if (!known || state.sequence > known.sequence) take(state);
    else if (state !== known && !same(state, known)) void repair();
    return known!;
  }

  function take(state: OriginState): void {
    known = state;
    onChange(state);
  }

  /**
   * Handles an older state, either a late message or a store that lost writes: reads the store, and repairs it if
   * necessary.
   */
  async function repair(): Promise<void> {
    if (repairing) return;
    repairing = true;
    await update(() => undefined).catch(() => undefined);
    repairing = false;
  }

  // Write back what a failover lost. Otherwise the store's next state would count as an old one, here and in browsers.
  const whole = (stored: OriginState): OriginState => recover(stored, known ?? EMPTY_STATE);
  const update: Present['update'] = async (change) => {
    const written = await store.update((stored) => {
      const state = whole(stored);
      return change(state) ?? (state === stored ? undefined : { ...state, sequence: state.sequence + 1 });
    });
    // The store's state takes precedence, even if this instance knows another state with the same number.
    if (known && written.sequence === known.sequence && !same(written, known)) take(written);
    else learn(written);
    return written;
  };

  async function start(): Promise<OriginState> {
    // Listen before reading, so that no publication in between is missed.
    stop ??= await store.watch(learn);
    let state = await store.read();
    for (const [layer, { version }] of Object.entries(layers)) {
      // Do not write what is stored already: the disk may have turned read-only.
      if (version !== undefined && adopt(state, layer, version, now()))
        state = await update((current) => adopt(current, layer, version, now()));
    }
    return learn(state);
  }

  const present: Present['present'] = async () =>
    known && !starting ? known : await (starting ??= start().finally(() => (starting = undefined)));
  return {
    present,
    last: () => known ?? EMPTY_STATE,
    read: async () => (await present(), whole(await store.read())),
    update,
    async close() {
      await starting?.catch(() => undefined);
      stop?.();
    },
  };
}
