import type { Asked } from './ask';
import type { BackOff } from './back-off';
import type { Budget } from './budget';
import { keyOf, type Want } from './plan';
import type { Obstacle } from './types';

/** What the answers teach: what it cost, when to ask again, and whether asking on is in vain. */
export interface Lessons {
  answered(want: Want, asked: Asked): void;
  /** What stands in the way, by the answers, until something changes. */
  obstacle(): Obstacle | undefined;
  /** Requests that failed. */
  failed(): number;
  /** The layer's tiles are others now. */
  renewed(): void;
  /** There may be a worker now. */
  conditionsChanged(): void;
}

/** Answers in a row that the worker did not store: asking on would be in vain. */
const NOT_STORED = 3;

/** Nothing is known at first. */
export function createLessons(budget: Budget, backOff: BackOff, now: () => number): Lessons {
  let failed = 0;
  let notStored = 0;
  let told: Obstacle | undefined;

  return {
    answered(want, asked) {
      if (asked.kind === 'failed' || asked.kind === 'broken') {
        failed++;
        backOff.failed(now(), 'after' in asked ? asked.after : undefined);
      } else if (asked.kind === 'terms') told = 'terms';
      else if (asked.kind === 'foreign') told = 'no-worker';
      else if (asked.kind === 'hit' || asked.kind === 'fetched') {
        backOff.answered();
        budget.fetched(keyOf(want), asked.bytes, want.reason);
        notStored = asked.stored ? 0 : notStored + 1;
        if (notStored >= NOT_STORED) told = 'not-stored';
      }
    },
    obstacle: () => told,
    failed: () => failed,
    renewed() {
      if (told === 'not-stored') told = undefined;
      notStored = 0;
    },
    conditionsChanged() {
      if (told === 'no-worker') told = undefined;
    },
  };
}
