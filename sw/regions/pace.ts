/** Milliseconds that a turn may lie ahead; what lies further was reckoned by a clock that was set back. */
const MAX_AHEAD = 60_000;
/** Hosts that are remembered. */
const MAX_HOSTS = 100;

/** Waits until a host may be asked again. */
export type Pace = (url: string) => Promise<void>;

/** So many requests a second for each host, evenly spread; undefined: as fast as they come. */
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
