import { createBackoff, type Backoff } from './backoff';

/**
 * Learns from the last exchanges of a layer whether its network works. One tile says nothing about the others:
 * several have to fail with no answer in between, or the browser has to say that it is offline. While the network is
 * dead, the worker answers tiles from their fallback at once, until a probe succeeds.
 */
export interface NetworkHealth {
  /** True when several addresses were not answered, or the browser is offline, and nothing has answered since. */
  dead(layer: string): boolean;
  /**
   * True when background work may ask for this address now. Claims the probe if the address or its layer is failing.
   */
  mayProbe(layer: string, address: string): boolean;
  /** True while the origin asks us to hold requests to this address, or to several addresses of its layer. */
  holds(layer: string, address: string): boolean;
  /**
   * Notes a failed request. `hold`: milliseconds for which the origin asks to be left alone (Retry-After, RFC 9110
   * section 10.2.3). `tile`: the tile at the address, by default the address; pages try one tile again and again under
   * addresses that bypass caches.
   */
  failed(layer: string, kind: FailureKind, address: string, hold?: number, tile?: string): void;
  /** Notes an answer that is no failure: the layer's network works. */
  answered(layer: string, address: string): void;
  /**
   * True when a layer is dead, or its connections are refused, and nothing has answered any layer since. Pages read it
   * as `offline` of the worker's status.
   */
  readonly offline: boolean;
}

type FailureKind = 'timeout' | 'network' | 'status';

/** The number of unanswered addresses that make a layer dead. */
export const SEVERAL = 3;
/** Milliseconds within which failures count together. */
const WINDOW_MS = 60_000;
/** The largest number of failing addresses to remember for a layer. */
const MAX_ADDRESSES = 256;

interface LayerHealth {
  dead: boolean;
  /** Dead because the browser said that it is offline, and for no other reason. */
  said: boolean;
  /**
   * Several connections were refused, and nothing has answered any layer since. Requests go on, because they cost
   * nothing.
   */
  refused: boolean;
  /** The back-off of each failing address. */
  addresses: Map<string, Backoff>;
  /** Tiles that failed since the last good answer, and when. */
  failed: Map<string, number>;
  /** The addresses in `failed` that sent no answer at all, and when. */
  unanswered: Map<string, number>;
  /** The back-off of the layer, in force while several addresses fail. */
  all: Backoff;
}

interface HealthTools {
  now: () => number;
  /** Jitters the probes so that many tabs and kiosks do not come back at once. */
  random: () => number;
  /** Returns what the browser says: false is reliable, true says little. */
  onLine?: () => boolean | undefined;
  /** Tells pages. */
  onChange: (layer: string, offline: boolean) => void;
}

export function createNetworkHealth({ now, random, onLine = () => undefined, onChange }: HealthTools): NetworkHealth {
  const layers = new Map<string, LayerHealth>();
  const several = (failures: Map<string, number>) => countRecent(failures, now()) >= SEVERAL;
  let lastAnswer = -Infinity;
  /** True if nothing has answered any layer since these failures. */
  const isSilent = ({ unanswered }: LayerHealth) => [...unanswered.values()].every((at) => at > lastAnswer);
  const setDead = (layer: string, entry: LayerHealth, dead: boolean, refused = false) => {
    const before = entry.dead || entry.refused;
    entry.dead = dead;
    entry.refused = refused;
    if ((dead || refused) !== before) onChange(layer, !before);
  };

  return {
    dead(layer) {
      const entry = layers.get(layer);
      // A dead state that only the browser reported ends when the browser says otherwise.
      if (entry?.dead && entry.said && onLine() !== false) setDead(layer, entry, false, entry.refused);
      return entry?.dead ?? false;
    },
    mayProbe(layer, address) {
      const entry = layers.get(layer);
      if (!entry) return true;
      const waits = [entry.addresses.get(address), entry.dead || several(entry.failed) ? entry.all : undefined].filter(
        (one) => one !== undefined,
      );
      if (!waits.every((one) => one.due)) return false;
      for (const one of waits) one.claim();
      return true;
    },
    holds: (layer, address) => {
      const entry = layers.get(layer);
      return !!entry && (entry.addresses.get(address)?.held || (several(entry.failed) && entry.all.held));
    },
    failed(layer, kind, address, hold, tile = address) {
      const entry = layers.get(layer) ?? healthy(createBackoff(now, random));
      layers.set(layer, entry);
      const { addresses, failed, unanswered, all } = entry;
      const own = addresses.get(address) ?? createBackoff(now, random);
      own.failed(hold);
      addresses.delete(address);
      addresses.set(address, own);
      failed.set(tile, now());
      for (const map of [addresses, failed])
        if (map.size > MAX_ADDRESSES) map.delete(map.keys().next().value as string);
      // A status, however bad, has come from somewhere.
      if (kind === 'status') unanswered.clear();
      else unanswered.set(tile, now());
      const offline = kind !== 'status' && onLine() === false;
      if (offline || several(failed)) all.failed(hold);
      const hangs = kind === 'timeout' && several(unanswered);
      // One host that refuses while others answer does not mean that the network is down.
      const refused = kind === 'network' && several(unanswered) && isSilent(entry);
      entry.said = offline && !hangs && (!entry.dead || entry.said);
      setDead(layer, entry, offline || hangs || (kind === 'network' && entry.dead), refused);
    },
    answered(layer, address) {
      lastAnswer = now();
      for (const [name, other] of layers) if (other.refused) setDead(name, other, other.dead);
      const entry = layers.get(layer);
      if (!entry) return;
      entry.addresses.delete(address);
      entry.failed.clear();
      entry.unanswered.clear();
      entry.all = createBackoff(now, random);
      setDead(layer, entry, false);
      if (entry.addresses.size === 0) layers.delete(layer);
    },
    get offline() {
      return [...layers.values()].some((entry) => (entry.dead || entry.refused) && isSilent(entry));
    },
  };
}

const healthy = (all: Backoff): LayerHealth => ({
  dead: false,
  refused: false,
  said: false,
  addresses: new Map(),
  failed: new Map(),
  unanswered: new Map(),
  all,
});

/** Forgets the failures of long ago, and returns the number of the others. */
function countRecent(failures: Map<string, number>, at: number): number {
  for (const [address, when] of failures) if (Math.abs(at - when) > WINDOW_MS) failures.delete(address);
  return failures.size;
}
