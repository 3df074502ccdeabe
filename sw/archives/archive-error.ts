/** The archive or its host is faulty. The message is for people, and contains no address. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';

  /** `status` is the status with which the worker answers a tile of this archive. */
  constructor(
    message: string,
    readonly status = 502,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The host has replaced the file since the reading began. */
export class ArchiveReplaced extends Error {
  override readonly name = 'ArchiveReplaced';
}
