/** The archive or its host is faulty. The message is for people, and contains no address. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';

  /** The host's `Retry-After`, if it asks for a wait. */
  readonly retryAfter: string | undefined;
  /** The status of a host's answer that no wait makes better: it refuses the file, or has another in its place. */
  readonly received: number | undefined;

  /** `status` is the status with which the worker answers a tile of this archive. */
  constructor(
    message: string,
    readonly status = 502,
    {
      retryAfter,
      received,
      ...options
    }: { cause?: unknown; retryAfter?: string | undefined; received?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfter = retryAfter;
    this.received = received;
  }
}

/** The error of a damaged archive. `why`: what is wrong with it, as a clause. */
export const damaged = (why: string, cause?: unknown): ArchiveError =>
  new ArchiveError(`The archive is damaged: ${why}. Check the file with pmtiles verify, and upload it again.`, 502, {
    cause,
  });

/** The error of a file, or a page, in place of an archive. */
export const noArchive = (): ArchiveError =>
  new ArchiveError("The host's answer is not a PMTiles archive: check the layer's option archive.", 502, {
    received: 200,
  });

/** The host has replaced the file since the reading began. */
export class ArchiveReplaced extends Error {
  override readonly name = 'ArchiveReplaced';
}

/** A part of the archive is not stored, and may not be requested. */
export class NotKept extends Error {
  override readonly name = 'NotKept';
}
