/**
 * Runs `work` once for many simultaneous callers. Callers that arrive during a run share the next run, so that each
 * result is newer than the call.
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
