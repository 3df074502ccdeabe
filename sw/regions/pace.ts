/** The most milliseconds that a turn may lie ahead; a later one comes from a clock that was set back since. */
const MAX_AHEAD = 60_000;
/** The largest number of hosts to remember. */
const MAX_HOSTS = 100;

/** Waits until a host may be asked again. */
export type Pace = (url: string) => Promise<void>;

/** Spreads requests evenly, so many per second for each host; undefined: without a limit. */
export function createPace(
  requestsPerSecond: number | undefined,
  { now, sleep }: { now: () => number; sleep: (ms: number) => Promise<void> },
): Pace {
  if (requestsPerSecond === undefined) return async () => {};
  const turns = new Map<string, number>();
  return async (url) => {
    const { host } = new URL(url);
    const known = turns.get(host) ?? 0;
    const turn = known > now() + MAX_AHEAD ? now() : Math.max(known, now());
    if (turns.size > MAX_HOSTS) turns.clear();
    turns.set(host, turn + 1000 / requestsPerSecond);
    if (turn > now()) await sleep(turn - now());
  };
}
