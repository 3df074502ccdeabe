import type { StoreNews } from '../versions/version-store';

/** A beacon that an instance has counted. */
export interface HeardBeacon {
  /** The batch's id. */
  id: string;
  /** The page view's session, or the kiosk's name. */
  of: { session: string } | { kiosk: string };
  /** Epoch milliseconds; for a page view, by the page's own clock. */
  at: number;
}

/** Messages between the instances of one origin, so that a beacon is not counted twice behind a load balancer. */
export interface BeaconNews {
  /** Starts listening, also again after a failure. */
  begin(): void;
  /** Informs the other instances about a beacon, within a second. */
  tell(beacon: HeardBeacon): void;
  /**
   * Calls `listener` with beacons that others counted. `later`: of two beacons sent at the same instant, theirs is the
   * later one.
   */
  listen(listener: (beacon: HeardBeacon, later: boolean) => void): void;
  close(): void;
}

/** Seconds between two messages. */
const PAUSE = 1;
/** Beacons in one message. */
const MOST = 2000;

/**
 * Creates the messages, which are not stored. If one is lost, its page views count twice until they are forgotten, but
 * never less than once.
 */
export function createBeaconNews(news: StoreNews, self: string = crypto.randomUUID()): BeaconNews {
  const listeners: Array<(beacon: HeardBeacon, later: boolean) => void> = [];
  let waiting: HeardBeacon[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watching: Promise<() => void> | undefined;

  function hear(message: string): void {
    const heard = parse(message);
    if (!heard || heard.from === self) return;
    for (const beacon of heard.beacons) for (const listener of listeners) listener(beacon, heard.from > self);
  }

  function send(): void {
    clearTimeout(timer);
    timer = undefined;
    const message = JSON.stringify({ from: self, beacons: waiting });
    waiting = [];
    news.tell(message).catch(() => undefined);
  }

  function begin(): void {
    watching ??= news.watch(hear).catch(() => {
      watching = undefined;
      return () => undefined;
    });
  }

  return {
    begin,
    tell(beacon) {
      begin();
      waiting.push({ id: beacon.id, of: beacon.of, at: beacon.at });
      if (waiting.length >= MOST) return send();
      timer ??= setTimeout(send, PAUSE * 1000);
      // Do not let the timer keep a Node process alive. Elsewhere, a timer is a number.
      (timer as { unref?(): void }).unref?.();
    },
    listen: (listener) => void listeners.push(listener),
    close() {
      clearTimeout(timer);
      void watching?.then((end) => end());
    },
  };
}

/** Parses another instance's message. Returns `undefined` for an invalid one. */
function parse(message: string): { from: string; beacons: HeardBeacon[] } | undefined {
  try {
    const { from, beacons } = JSON.parse(message) as { from: unknown; beacons: unknown };
    if (typeof from !== 'string' || !Array.isArray(beacons) || beacons.length > MOST) return undefined;
    return {
      from,
      beacons: beacons.flatMap((each: unknown): HeardBeacon[] => {
        const { id, of, at } = Object(each) as Partial<HeardBeacon>;
        return typeof id === 'string' && typeof at === 'number' && typeof of === 'object' && of ? [{ id, of, at }] : [];
      }),
    };
  } catch {
    return undefined;
  }
}
