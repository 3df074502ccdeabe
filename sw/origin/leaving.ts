import type { Subject } from '../ledger/subject';
import { clearingId, clearingIds } from '../ledger/verdict';

/**
 * Users whose tiles were cleared a moment ago. What their pages sent before may reach the worker after the clearing, and
 * nothing tells such a request from a later one: it is answered, and leaves nothing behind.
 */
export interface Leaving {
  note(layer: string | undefined, partition: string): void;
  has(subject: Subject): boolean;
}

/** Milliseconds within which requests that were sent before have come. */
export const LEAVING_MS = 5000;
const MAX_LEAVING = 256;

export function createLeaving(now: () => number): Leaving {
  const at = new Map<string, number>();
  return {
    note(layer, partition) {
      if (at.size >= MAX_LEAVING) at.clear();
      at.set(clearingId(layer, partition), now());
    },
    has: ({ layer, partition }) =>
      at.size > 0 &&
      partition !== '' &&
      clearingIds(layer.name, partition).some((id) => Math.abs(now() - (at.get(id) ?? -Infinity)) < LEAVING_MS),
  };
}
