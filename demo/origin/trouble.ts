/** How the origin misbehaves, on request. */
export type Trouble = 'ok' | 'slow' | 'failing' | 'unreachable';

export const TROUBLES: readonly Trouble[] = ['ok', 'slow', 'failing', 'unreachable'];

export interface TroubleSetting {
  mode: Trouble;
  /** Seconds of delay in the mode `slow`. */
  delay: number;
}

/** Reads `{ mode, delay }` of a request. Returns a string that says what is wrong, if something is. */
export function parseTrouble(input: unknown): TroubleSetting | string {
  const { mode, delay = 3 } = (input ?? {}) as { mode?: unknown; delay?: unknown };
  if (!TROUBLES.includes(mode as Trouble)) return `mode must be one of ${TROUBLES.join(', ')}.`;
  if (typeof delay !== 'number' || !(delay >= 0 && delay <= 60)) return 'delay must be 0 to 60 seconds.';
  return { mode: mode as Trouble, delay };
}
