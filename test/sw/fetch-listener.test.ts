import { expect, it } from 'vitest';
import { answerFetches } from '../../sw/fetch-listener';

it('a worker has one tile cache', () => {
  answerFetches(() => false);
  expect(() => answerFetches(() => false)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', field: 'register', remedy: expect.stringContaining('one') }),
  );
});
