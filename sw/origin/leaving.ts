import type { Subject } from '../ledger/subject';
import { clearingId, clearingIds } from '../ledger/verdict';

/**
 * Knows the users whose tiles were cleared a moment ago. Requests that their pages sent before may reach the worker
 * after the clearing, and nothing distinguishes them from later ones: the worker answers them, and stores nothing.
 */
export interface Leaving {
  note(layer: string | undefined, partition: string): void;
  has(subject: Subject): boolean;
}

/** Milliseconds within which requests sent before the clearing reach the worker. */
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
