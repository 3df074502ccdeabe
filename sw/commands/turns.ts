/** Milliseconds that a flood waits after each slice for the tiles whose answers it has superseded. */
const TURN_MS = 250;

/** Gives tiles a turn during a flood of messages. */
export interface TileTurns {
  /**
   * Call this if a rule arrived during a tile's fetch, which starts again. Returns the function to call when it ends.
   */
  take(): () => void;
  /** Resolves when no such fetch is left, or after a quarter of a second. Returns `undefined` if there is none. */
  free(): Promise<void> | undefined;
}

/**
 * Creates the turns. Each rule makes a tile in flight worthless. Without turns a flood of rules would do so again and
 * again until its last rule.
 */
export function createTileTurns(sleep: (ms: number) => Promise<void>): TileTurns {
  let taken = 0;
  let tell: Array<() => void> = [];
  return {
    take() {
      taken += 1;
      let open = true;
      return () => {
        if (!open) return;
        open = false;
        taken -= 1;
        if (taken > 0) return;
        const told = tell;
        tell = [];
        for (const one of told) one();
      };
    },
    free() {
      if (taken === 0) return undefined;
      return Promise.race([new Promise<void>((resolve) => void tell.push(resolve)), sleep(TURN_MS)]);
    },
  };
}
