/** The most commands to remember. A client sends again after half a second, and later, until it gets the answer. */
const MAX_REMEMBERED = 64;

/**
 * Runs each command once, however often a client sends it. A repetition with the same id gets the first one's answer.
 */
export function createOnce(): <T>(id: unknown, work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<unknown>>();
  return <T>(id: unknown, work: () => Promise<T>) => {
    if (typeof id !== 'string') return work();
    const known = running.get(id) as Promise<T> | undefined;
    if (known) return known;
    const own = work();
    running.set(id, own);
    if (running.size > MAX_REMEMBERED) running.delete(running.keys().next().value as string);
    return own;
  };
}
