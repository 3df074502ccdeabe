import type { Reason } from './plan';

/** The limits, as in the options. */
export interface Limits {
  maxTiles: number;
  maxBytes: number;
  share: number;
}

/** Counts fetched tiles and bytes, and enforces the limits. Only bytes from the network count: a hit costs none. */
export interface Budget {
  /** Returns whether a tile may be fetched for this reason. */
  allows(reason: Reason): boolean;
  /** Notes that a tile arrived, with the given number of bytes. */
  fetched(key: string, bytes: number, reason: Reason): void;
  /** Notes the tiles that a view shows. */
  shown(keys: Iterable<string>): void;
  /** Notes bytes that the map itself has downloaded. */
  downloaded(bytes: number): void;
  /** Notes that the map shows another view: its limits start anew. */
  turned(): void;
  readonly bytes: number;
  /** The number of bytes that no view has shown yet. */
  readonly unseen: number;
}

/** The number of tiles that a map counts as having shown at the start. */
const START = 200;
/** Up to which part of the share each kind of guess may go. */
const PART = { ahead: 0.55, back: 0.25, parents: 0.15, ring: 0.2 } as const;
type Guess = keyof typeof PART;
/** What limits a guess: what others of the same pool have wasted, so that they do not exclude right ones of another. */
type Pool = 'ahead' | 'out' | 'ring';
const poolOf = (reason: Guess): Pool => (reason === 'ahead' || reason === 'ring' ? reason : 'out');
/** Prefetched tiles, not yet shown, that are remembered. Older ones count as wasted for good. */
const MOST = 5000;

const isGuess = (reason: Reason): reason is Guess => reason in PART;

/** Creates a budget. */
export function createBudget({ maxTiles, maxBytes, share }: Limits): Budget {
  /** The tiles that were fetched on a guess and not shown yet, by key. */
  const guesses = new Map<string, { size: number; pool: Pool }>();
  const unseen = { ahead: 0, out: 0, ring: 0 };
  let seen = 0;
  let bytes = 0;
  /** The number of tiles that came over the network. */
  let tiles = 0;
  let view = { tiles: 0, bytes: 0 };

  return {
    allows(reason) {
      if (view.tiles >= maxTiles || view.bytes >= maxBytes) return false;
      if (!isGuess(reason)) return true;
      const start = tiles ? (START * bytes) / tiles : Infinity;
      return share > 0 && unseen[poolOf(reason)] < PART[reason] * share * Math.max(start, seen);
    },
    fetched(key, size, reason) {
      view.tiles++;
      view.bytes += size;
      bytes += size;
      if (size > 0) tiles++;
      if (!isGuess(reason) || size === 0 || guesses.has(key)) return;
      const pool = poolOf(reason);
      unseen[pool] += size;
      guesses.set(key, { size, pool });
      if (guesses.size > MOST) guesses.delete(guesses.keys().next().value!);
    },
    shown(keys) {
      for (const key of keys) {
        const guess = guesses.get(key);
        if (!guess) continue;
        guesses.delete(key);
        unseen[guess.pool] -= guess.size;
        seen += guess.size;
      }
    },
    downloaded: (size) => void (seen += size),
    turned: () => void (view = { tiles: 0, bytes: 0 }),
    get bytes() {
      return bytes;
    },
    get unseen() {
      return unseen.ahead + unseen.out + unseen.ring;
    },
  };
}
