import { TileCacheError } from '../../src/shared/errors';
import { noAnswer } from './no-answer';

/** Creates the error for a publication that, as far as known, has not happened. */
export const failed = (why: string, remedy: string, cause?: unknown) =>
  new TileCacheError({ code: 'NETWORK_FAILED', message: `${why}${reasonOf(cause)}.`, remedy }, { cause });

function reasonOf(cause: unknown): string {
  const { kind, code } = noAnswer(cause);
  if (kind === 'timeout') return ' in time';
  if (code === undefined) return '';
  return kind === 'certificate' ? `: the connection is not trusted (${code})` : `: ${code}`;
}
