/**
 * Changes that are begun in the order in which they were asked for, although each has to look around first and some look
 * longer than others. They look at the same time, and no change waits for the end of another.
 */
export function createOrder(): <A, T>(look: () => Promise<A>, change: (seen: A) => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve();
  return async (look, change) => {
    const turn = before;
    let begun: () => void = () => {};
    before = new Promise<void>((resolve) => (begun = resolve));
    try {
      const seen = await look();
      await turn;
      // Not awaited here: the next one's turn comes as soon as this one has begun.
      return change(seen);
    } finally {
      void turn.then(begun);
    }
  };
}
