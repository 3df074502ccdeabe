/** How the origin misbehaves, on request. */
export type Trouble = 'ok' | 'slow' | 'failing' | 'unreachable';

export const TROUBLES: readonly Trouble[] = ['ok', 'slow', 'failing', 'unreachable'];

export interface TroubleSetting {
  mode: Trouble;
  /** Seconds that `slow` takes. */
  delay: number;
}

/** Reads `{ mode, delay }` from outside; a string says what is wrong. */
export function parseTrouble(input: unknown): TroubleSetting | string {
  const { mode, delay = 3 } = (input ?? {}) as { mode?: unknown; delay?: unknown };
  if (!TROUBLES.includes(mode as Trouble)) return `mode must be one of ${TROUBLES.join(', ')}.`;
  if (typeof delay !== 'number' || !(delay >= 0 && delay <= 60)) return 'delay must be 0 to 60 seconds.';
  return { mode: mode as Trouble, delay };
}
