import type { Reason } from './plan';

/** Limits, as in the options. */
export interface Limits {
  maxTiles: number;
  maxBytes: number;
  share: number;
}

/** Counts what is fetched, and says when it is enough. Bytes are those of the network: a hit costs none. */
export interface Budget {
  /** True while a tile may be fetched for this reason. */
  allows(reason: Reason): boolean;
  /** A tile was asked for and came with so many bytes. */
  fetched(key: string, bytes: number, reason: Reason): void;
  /** A view shows these tiles. */
  shown(keys: Iterable<string>): void;
  /** The map has downloaded so many bytes itself. */
  downloaded(bytes: number): void;
  /** The map shows another view: its limits begin anew. */
  turned(): void;
  readonly bytes: number;
  /** Bytes that no view has shown yet. */
  readonly unseen: number;
}

/** Before a map has shown so many tiles, it counts as if it had. */
const START = 200;
/** Each kind of guess has a part of its own: wrong ones of one kind must not keep the right ones of another out. */
const PART = { ahead: 0.6, parents: 0.25, ring: 0.15 } as const;
type Guess = keyof typeof PART;
/** Tiles that no view has shown, remembered. Older ones have come in vain for good. */
const MOST = 5000;

const isGuess = (reason: Reason): reason is Guess => reason in PART;

/** Creates a budget. */
export function createBudget({ maxTiles, maxBytes, share }: Limits): Budget {
  /** By key, what was fetched on a guess and not shown yet. */
  const guesses = new Map<string, { size: number; reason: Guess }>();
  const unseen = { ahead: 0, parents: 0, ring: 0 };
  let seen = 0;
  let bytes = 0;
  /** Those that came over the network. */
  let tiles = 0;
  let view = { tiles: 0, bytes: 0 };

  return {
    allows(reason) {
      if (view.tiles >= maxTiles || view.bytes >= maxBytes) return false;
      if (!isGuess(reason)) return true;
      const start = tiles ? (START * bytes) / tiles : Infinity;
      return share > 0 && unseen[reason] < PART[reason] * share * Math.max(start, seen);
    },
    fetched(key, size, reason) {
      view.tiles++;
      view.bytes += size;
      bytes += size;
      if (size > 0) tiles++;
      if (!isGuess(reason) || size === 0 || guesses.has(key)) return;
      unseen[reason] += size;
      guesses.set(key, { size, reason });
      if (guesses.size > MOST) guesses.delete(guesses.keys().next().value!);
    },
    shown(keys) {
      for (const key of keys) {
        const guess = guesses.get(key);
        if (!guess) continue;
        guesses.delete(key);
        unseen[guess.reason] -= guess.size;
        seen += guess.size;
      }
    },
    downloaded: (size) => void (seen += size),
    turned: () => void (view = { tiles: 0, bytes: 0 }),
    get bytes() {
      return bytes;
    },
    get unseen() {
      return unseen.ahead + unseen.parents + unseen.ring;
    },
  };
}
