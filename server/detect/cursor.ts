import { wrong } from './wrong';

/**
 * What has been seen of a table. A transaction becomes visible at once, with all its rows, and its number says when it began to
 * write. So all that is new since is what carries a number from `xmin` on, but for those in `seen`: no clock takes part, and a
 * transaction that commits late, or in savepoints, is found when it has.
 */
export interface Cursor {
  /** The oldest transaction that was still open, in full (64 bits). */
  xmin: bigint;
  /** The first one that had not begun. */
  xmax: bigint;
  /** Transactions from `xmin` on, the lower 32 bits, whose rows were there. */
  seen: number[];
  /** Changes when the table's rows were replaced as a whole, by TRUNCATE or by another table of this name. */
  fingerprint: string;
  newer?: Horizon;
}

/** Where to begin in a column that grows. */
export interface Horizon {
  /** Nothing below is new; `null`: not known yet. */
  from: string | null;
  /** Takes the place of `from` when all transactions have ended that were open at `at`. */
  next: { value: string; at: string } | null;
}

const FORMAT = 1;

/** The file's text. `subject` says what it belongs to. */
export function formatCursor(subject: string, { xmin, xmax, ...rest }: Cursor): string {
  return `${JSON.stringify({ format: FORMAT, subject, xmin: String(xmin), xmax: String(xmax), ...rest })}\n`;
}

/** Reads what `formatCursor` wrote. Throws `INVALID_OPTION` for anything else: to begin anew would miss what changed. */
export function parseCursor(text: string, subject: string): Cursor {
  const broken = () =>
    wrong('--state', 'holds something else', 'Delete the file: the next run then publishes the whole layer.');
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw broken();
  }
  const { format, subject: whose, xmin, xmax, seen, fingerprint, newer } = value ?? {};
  if (format !== FORMAT || typeof whose !== 'string') throw broken();
  if (whose !== subject)
    throw wrong('--state', 'belongs to another layer, table or column', 'Give each of them a file of its own.');
  if (!isNumber(xmin) || !isNumber(xmax) || typeof fingerprint !== 'string' || !isSeen(seen) || !isHorizon(newer))
    throw broken();
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), seen, fingerprint, ...(newer && { newer }) };
}

const isNumber = (value: unknown): value is string => typeof value === 'string' && /^\d{1,19}$/.test(value);

const isSeen = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => Number.isInteger(each) && each >= 0 && each < 2 ** 32);

function isHorizon(value: unknown): value is Horizon | undefined {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { from, next } = value as Record<string, unknown>;
  const isNext = (each: unknown) =>
    typeof (each as Horizon['next'])?.value === 'string' && typeof (each as Horizon['next'])?.at === 'string';
  return (from === null || typeof from === 'string') && (next === null || isNext(next));
}
