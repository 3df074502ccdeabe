/** Runs once for all who ask; after a failure the next one has it run again. */
export function retried<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run();
    running.catch(() => (running = undefined));
    return running;
  };
}
