/**
 * Work that many ask for at once and that is done once for all of them: whoever asks while it runs shares the next run,
 * so that everybody's answer is newer than the question.
 */
export function coalesce<T>(work: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    if (next) return next;
    const mine = last.then(() => {
      next = undefined;
      return work();
    });
    last = mine.catch(() => {});
    return (next = mine);
  };
}
