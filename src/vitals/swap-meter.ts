/** Measures how long a publication takes to reach the screen. Times are milliseconds of a monotonic clock. */
export interface SwapMeter {
  /** Notes that the page has heard of a publication. */
  published(at: number): void;
  /** Takes a frame. Returns the milliseconds that the swap took, once it is over. */
  sample(at: number, screen: { updating: boolean; old: boolean }): number | undefined;
  leave(): void;
  /** Whether the meter needs the next frame. */
  readonly busy: boolean;
}

/** Milliseconds to wait after a stored tile, because the worker may report the new one a moment later. */
const CONFIRM = 500;
/** Milliseconds after which the meter gives up on a swap. */
const GIVE_UP = 60_000;

/** Creates a meter. It reports nothing for a publication that changes nothing on the screen. */
export function createSwapMeter(): SwapMeter {
  let from: number | undefined;
  let began = false;
  let endedAt: number | undefined;
  const leave = () => {
    from = endedAt = undefined;
    began = false;
  };
  return {
    leave,
    get busy() {
      return from !== undefined;
    },
    published(at) {
      from ??= at;
      endedAt = undefined;
    },
    sample(at, { updating, old }) {
      if (from === undefined) return undefined;
      if (updating) {
        began = true;
        endedAt = undefined;
      } else if (began) endedAt ??= at;
      const done = endedAt !== undefined && at - endedAt >= CONFIRM && !old;
      const took = done ? endedAt! - from : undefined;
      if (done || at - from > GIVE_UP) leave();
      return took;
    },
  };
}
