import { retryAfter } from '../shared/retry-after';

/** A tile that the origin did not send. */
export class FailedTile extends Error {
  /** Milliseconds for which the origin wants to hear of nothing (RFC 9110 section 10.2.3, RFC 6585 section 4). */
  readonly wait: number | undefined;

  constructor({ status, headers }: Response) {
    super(`The tile answered with status ${status}.`);
    this.wait = status === 429 || status === 503 ? retryAfter(headers, Date.now()) : undefined;
  }
}

/** For how long, in milliseconds, the origin wants to hear of nothing. */
export const waitIn = (error: unknown): number | undefined => (error instanceof FailedTile ? error.wait : undefined);
