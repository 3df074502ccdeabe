import type { Asked } from './ask';
import type { BackOff } from './back-off';
import type { Budget } from './budget';
import { keyOf, type Want } from './plan';
import type { Obstacle } from './types';

/** Learns from the answers: their cost, when to try again, and whether to give up. */
export interface Lessons {
  answered(want: Want, asked: Asked): void;
  /** Returns the obstacle that the answers show, until something changes. */
  obstacle(): Obstacle | undefined;
  /** Returns the number of failed requests. */
  failed(): number;
  /** Notes that the layer's tiles have changed. */
  renewed(): void;
  /** Notes that a worker may now exist. */
  conditionsChanged(): void;
}

/** Consecutive answers that the worker did not store, after which prefetching stops as futile. */
const NOT_STORED = 3;

/** Creates the lessons, empty. */
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
