/** Runs `run` once for all callers; after a failure the next call runs it again. */
export function retried<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run();
    running.catch(() => (running = undefined));
    return running;
  };
}
