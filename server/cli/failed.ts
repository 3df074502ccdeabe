import { TileCacheError } from '../../src/shared/errors';

/** Nothing is known to be published. */
export const failed = (why: string, remedy: string, cause?: unknown) =>
  new TileCacheError({ code: 'NETWORK_FAILED', message: `${why}${reasonOf(cause)}.`, remedy }, { cause });

/** Not in the platform's words: these quote headers and addresses, and so their secrets. */
function reasonOf(cause: unknown): string {
  const { name, cause: inner } = (cause ?? {}) as { name?: string; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return ' in time';
  return typeof inner?.code === 'string' && /^\w{1,40}$/.test(inner.code) ? `: ${inner.code}` : '';
}
