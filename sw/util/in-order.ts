/**
 * Starts changes in the order of the calls, although each call must first `look`, and some looks take longer than
 * others. The looks run concurrently, and no change waits for another one to end.
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
      // Do not await the change: the next one may start as soon as this one has started.
      return change(seen);
    } finally {
      void turn.then(begun);
    }
  };
}
