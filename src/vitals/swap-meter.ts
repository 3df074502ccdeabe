/** Times what a publication changes on the screen. Instants are milliseconds of a clock that nobody sets. */
export interface SwapMeter {
  /** The page heard of a publication. */
  published(at: number): void;
  /** Milliseconds that the swap took, once it is over. */
  sample(at: number, screen: { updating: boolean; old: boolean }): number | undefined;
  leave(): void;
  /** True while the next frame matters. */
  readonly busy: boolean;
}

/** Milliseconds: an answer that was stored may be followed by the new one, of which the worker tells a moment later. */
const CONFIRM = 500;
/** Milliseconds after which nobody can tell any more what the swap was. */
const GIVE_UP = 60_000;

/** Creates a meter. A publication of which nothing is on the screen reports nothing. */
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
