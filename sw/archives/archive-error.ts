/** The archive, or its host, is not what it should be. The message says it to people; it holds no address. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';

  /** `status`: what a tile of this archive is answered with. */
  constructor(
    message: string,
    readonly status = 502,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The file is another one than the one that was begun with. */
export class ArchiveReplaced extends Error {
  override readonly name = 'ArchiveReplaced';
}
