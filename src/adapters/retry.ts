/** Timers and a clock that only runs forward, passed in by tests. */
export interface Timers {
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
  /** Milliseconds since some moment. @default performance.now */
  now?(): number;
  /** A number in [0, 1): pages that failed together do not ask together. @default Math.random */
  random?(): number;
  /** True while nobody can see the page: nothing is asked for then. @default the document's visibility */
  hidden?(): boolean;
}

export const systemTimers: Timers = {
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimeout: (id) => clearTimeout(id as number),
};

/** The failed tiles that are requested again. */
export interface Retries {
  /** The attempt failed: the key waits for the next. `wait`: milliseconds for which the origin wants to hear of nothing. */
  failed(key: string, wait?: number): void;
  /** The key needs nothing more: it has come, or left the map. */
  drop(key: string): void;
  /** The layer's origin answers: what waits is tried now, unless that did not help a moment ago. */
  answered(): void;
  /** Tries everything that waits, now. */
  all(): void;
  close(): void;
}

interface Entry {
  waiting: boolean;
  /** Attempts because of an answer that did not help: the fault is the tile's and not the origin's. */
  wakes: number;
  notBefore: number;
}

const FIRST_PAUSE = 1000;
/** With a tile's way to the screen, a map is whole within five seconds of the origin being back. */
const LAST_PAUSE = 3000;
/** Where the layer answers other tiles, these few are theirs to wait for. */
const FAULTY_PAUSE = 30_000;
const PATIENCE = 300_000;
/** Nobody is left without a map for longer because a server said so. */
const LONGEST_WAIT = 300_000;

/**
 * One tile of those that failed is tried after growing pauses, each in turn; when the layer answers anything, all are.
 * So a dead origin hears of one request every few seconds, however many tiles a screen is missing.
 */
export function createRetries(run: (key: string) => void, timers: Timers = systemTimers): Retries {
  const now = timers.now ?? (() => performance.now());
  const random = timers.random ?? Math.random;
  const hidden = timers.hidden ?? (() => typeof document !== 'undefined' && document.visibilityState === 'hidden');
  const entries = new Map<string, Entry>();
  let timer: unknown;
  let round = 0;
  let since = 0;
  let answers = false;
  let quietUntil = 0;

  const quiet = () => Math.max(0, quietUntil - now());
  const pause = () => {
    const last = answers && now() - since > PATIENCE ? FAULTY_PAUSE : LAST_PAUSE;
    return Math.min(last, FIRST_PAUSE * 2 ** Math.min(round++, 10)) * (1 - random() / 4);
  };
  const begin = (key: string, entry: Entry) => {
    entry.waiting = false;
    run(key);
  };
  const arm = () => {
    if (timer !== undefined || ![...entries.values()].some(({ waiting }) => waiting)) return;
    timer = timers.setTimeout(
      () => {
        timer = undefined;
        const next = hidden() || quiet() ? undefined : [...entries].find(([, { waiting }]) => waiting);
        if (next) {
          // The next attempt is another tile's: one that hangs keeps nobody waiting.
          entries.delete(next[0]);
          entries.set(...next);
          begin(...next);
        }
        arm();
      },
      Math.max(pause(), quiet()),
    );
  };
  const disarm = () => {
    if (timer !== undefined) timers.clearTimeout(timer);
    timer = undefined;
  };
  const settle = () => {
    if (entries.size) return;
    disarm();
    round = 0;
  };

  return {
    failed(key, wait = 0) {
      if (!entries.size) {
        since = now();
        answers = false;
      }
      const entry = entries.get(key) ?? { waiting: true, wakes: 0, notBefore: 0 };
      entry.waiting = true;
      entries.set(key, entry);
      if (wait) quietUntil = Math.max(quietUntil, now() + Math.min(wait, LONGEST_WAIT) * (1 + random() / 4));
      arm();
    },
    drop(key) {
      if (entries.delete(key)) settle();
    },
    answered() {
      answers = true;
      if (hidden() || quiet()) return;
      for (const [key, entry] of [...entries]) {
        if (!entry.waiting || now() < entry.notBefore) continue;
        entry.notBefore = now() + Math.min(60_000, FIRST_PAUSE * 2 ** Math.min(++entry.wakes, 10));
        begin(key, entry);
      }
    },
    all() {
      disarm();
      quietUntil = 0;
      for (const [key, entry] of [...entries]) if (entry.waiting) begin(key, entry);
    },
    close() {
      entries.clear();
      settle();
    },
  };
}
