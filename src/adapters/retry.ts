/** Timers and a monotonic clock; tests pass their own. */
export interface Timers {
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
  /** Returns milliseconds of a monotonic clock. @default performance.now */
  now?(): number;
  /**
   * Returns a number in [0, 1). It varies the pauses, so that pages that failed together do not retry together.
   * @default Math.random
   */
  random?(): number;
  /** Returns true while the page is hidden: it sends no requests then. @default the document's visibility */
  hidden?(): boolean;
}

export const systemTimers: Timers = {
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimeout: (id) => clearTimeout(id as number),
};

/** The optional members of timers, with their defaults. */
export const clockOf = ({
  now = () => performance.now(),
  random = Math.random,
  hidden = () => typeof document !== 'undefined' && document.visibilityState === 'hidden',
}: Timers) => ({ now, random, hidden });

/** Returns the pause after so many attempts: it doubles each time, up to the longest. */
export const backoff = (times: number, first: number, longest: number) =>
  Math.min(longest, first * 2 ** Math.min(times, 10));

/** Requests failed tiles again. */
export interface Retries {
  /**
   * Notes a failed attempt: the tile waits for the next. `wait`: milliseconds for which the origin asks for no
   * requests.
   */
  failed(key: string, wait?: number): void;
  /** Forgets a tile: it has arrived, or left the map. */
  drop(key: string): void;
  /**
   * The layer's origin has answered: tries all waiting tiles now, except those for which that did not help a moment
   * ago.
   */
  answered(): void;
  /** Tries all waiting tiles now. */
  all(): void;
  close(): void;
}

interface Entry {
  waiting: boolean;
  /** Attempts after an answer of the origin that did not help: the fault is the tile's, not the origin's. */
  wakes: number;
  notBefore: number;
}

const FIRST_PAUSE = 1000;
/** With the time that a tile takes to appear, a map is complete within five seconds after the origin is back. */
const LAST_PAUSE = 3000;
/** The pause if the layer answers other tiles: these few tiles are then at fault themselves. */
const FAULTY_PAUSE = 30_000;
const PATIENCE = 300_000;
/** The longest time for which an answer of the origin does not wake a tile again. */
const LAST_WAKE = 60_000;
/** The longest wait that a server may ask for. A map must not stay empty for longer. */
const LONGEST_WAIT = 300_000;

/**
 * Tries one failed tile at a time, each in turn, with growing pauses. When the layer answers anything, tries all of
 * them. So an origin that is down receives one request every few seconds, however many tiles are missing.
 */
export function createRetries(run: (key: string) => void, timers: Timers = systemTimers): Retries {
  const { now, random, hidden } = clockOf(timers);
  const entries = new Map<string, Entry>();
  let timer: unknown;
  let round = 0;
  let since = 0;
  let answers = false;
  let quietUntil = 0;

  const quiet = () => Math.max(0, quietUntil - now());
  const pause = () => {
    const longest = answers && now() - since > PATIENCE ? FAULTY_PAUSE : LAST_PAUSE;
    return backoff(round++, FIRST_PAUSE, longest) * (1 - random() / 4);
  };
  const begin = (key: string, entry: Entry) => {
    entry.waiting = false;
    run(key);
  };
  const due = () => {
    timer = undefined;
    const next = hidden() || quiet() ? undefined : [...entries].find(([, { waiting }]) => waiting);
    if (next) {
      // Move the tile to the end, so that one that hangs does not delay the others.
      entries.delete(next[0]);
      entries.set(...next);
      begin(...next);
    }
    arm();
  };
  const arm = () => {
    if (timer !== undefined || ![...entries.values()].some(({ waiting }) => waiting)) return;
    timer = timers.setTimeout(due, Math.max(pause(), quiet()));
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
        entry.notBefore = now() + backoff(++entry.wakes, FIRST_PAUSE, LAST_WAKE);
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
