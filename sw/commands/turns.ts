/** Milliseconds that the rest of a flood waits, a slice, for tiles that it has overtaken. */
const TURN_MS = 250;

/** Lets tiles have their turn in a flood of messages. */
export interface Turns {
  /** A rule came while a tile was on its way, and it is asked for again. Returns the function to call when it is there. */
  take(): () => void;
  /** Resolves when no such tile is on its way, or after a quarter of a second; undefined: none is. */
  free(): Promise<void> | undefined;
}

/**
 * Each rule makes a tile that is on its way worthless. Without turns a flood of rules does so again and again, until the
 * last is through.
 */
export function createTurns(sleep: (ms: number) => Promise<void>): Turns {
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
