import { wrong } from './wrong';

/**
 * The position up to which a table has been read. A transaction becomes visible at once, with all its rows, and its
 * number tells when it began to write. New rows are therefore those with a number from `xmin` on that is not in `seen`.
 * This needs no clock, and finds transactions that commit late or use savepoints.
 */
export interface Cursor {
  /** The oldest transaction that was still open, as a full 64-bit number. */
  xmin: bigint;
  /** The first transaction that had not begun. */
  xmax: bigint;
  /** The lower 32 bits of transactions from `xmin` on whose rows were visible. */
  seen: number[];
  /**
   * Identifies the table's storage: it changes when all rows are replaced, by TRUNCATE or by another table of this
   * name.
   */
  fingerprint: string;
  newer?: Horizon;
}

/** The start position in a column that grows. */
export interface Horizon {
  /** No value below is new; `null` if not known yet. */
  from: string | null;
  /** The value that replaces `from` once all transactions have ended that were open at `at`. */
  next: { value: string; at: string } | null;
}

const FORMAT = 1;

/** Formats the cursor for its file. `subject` identifies its table and layer. */
export function formatCursor(subject: string, { xmin, xmax, ...rest }: Cursor): string {
  return `${JSON.stringify({ format: FORMAT, subject, xmin: String(xmin), xmax: String(xmax), ...rest })}\n`;
}

/**
 * Parses the text of `formatCursor`. Throws `INVALID_OPTION` for anything else, because starting anew would miss
 * changes.
 */
export function parseCursor(text: string, subject: string): Cursor {
  const broken = () =>
    wrong('--state', 'contains something else', 'Delete the file: the next run then publishes the whole layer.');
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw broken();
  }
  const { format, subject: whose, xmin, xmax, seen, fingerprint, newer } = value ?? {};
  if (format !== FORMAT || typeof whose !== 'string') throw broken();
  if (whose !== subject)
    throw wrong('--state', 'belongs to another layer, table or column', 'Use a separate file for each of them.');
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
