/** The kind of error, for programs. The message explains it to people, and the remedy says what to do. */
export type TileCacheErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_TEMPLATE'
  | 'INVALID_MESSAGE'
  | 'UNSUPPORTED_FIELD'
  | 'INVALID_MANIFEST'
  | 'INVALID_BEACON'
  | 'LIMIT_EXCEEDED'
  | 'CONFLICT'
  | 'UNREACHABLE_TILES'
  | 'STORAGE_FAILED'
  | 'NETWORK_FAILED'
  | 'NO_WORKER'
  | 'UPDATE_FAILED'
  | 'TIMEOUT'
  | 'ABORTED';

/** The form of an error in messages between worker and page, and in HTTP answers. */
export interface ErrorRecord {
  /** The kind of error, for programs. */
  code: TileCacheErrorCode;
  /** The explanation for people. In the production build it contains only the code and the field. */
  message: string;
  /** The developer's remedy. */
  remedy: string;
  /** The offending field as a path: `layers.roads.maxAge`, `bbox[1]`. */
  field?: string;
}

/** The only error class that this package throws or rejects with. */
export class TileCacheError extends Error {
  override readonly name = 'TileCacheError';
  readonly code: TileCacheErrorCode;
  readonly remedy: string;
  readonly field?: string;

  constructor({ code, field, message, remedy }: ErrorRecord, options?: { cause?: unknown }) {
    // Production builds leave the sentences out (scripts/terse.mjs).
    super(message ?? (field === undefined ? code : `${code}: ${field}`), options);
    this.code = code;
    this.remedy = remedy ?? 'See docs/errors.md of sw-tile-cache; its development build says more.';
    if (field !== undefined) this.field = field;
  }

  toJSON(): ErrorRecord {
    return errorRecord(this);
  }
}

/**
 * Returns whether the value is a `TileCacheError`, judged by its shape: `instanceof` fails for errors of another realm
 * or another copy of the package.
 */
export function isTileCacheError(value: unknown): value is TileCacheError {
  return value instanceof Error && value.name === 'TileCacheError' && 'code' in value && 'remedy' in value;
}

/** Returns an error as a plain record that can be posted or serialised. A foreign error gets the code `fallback`. */
export function errorRecord(error: unknown, fallback: TileCacheErrorCode = 'STORAGE_FAILED'): ErrorRecord {
  if (isTileCacheError(error)) {
    const { code, message, remedy, field } = error;
    return { code, message, remedy, ...(field !== undefined && { field }) };
  }
  return { code: fallback, message: String((error as Error | undefined)?.message ?? error), remedy: 'Try again.' };
}
