/** Runs the writes of one key one after another: a slow older put must not overwrite a newer one. */
export type WriteQueue = <T>(id: string, epoch: number, work: (newest: boolean) => Promise<T>) => Promise<T>;

/** `newest` is false if a write of a higher epoch to the same key has come before. */
export function createWriteQueue(): WriteQueue {
  const lines = new Map<string, { last: Promise<unknown>; epoch: number }>();
  return (id, epoch, work) => {
    const line = lines.get(id) ?? { last: Promise.resolve(), epoch: 0 };
    const newest = epoch >= line.epoch;
    const run = line.last.then(() => work(newest));
    const next = { last: run.catch(() => {}), epoch: Math.max(epoch, line.epoch) };
    lines.set(id, next);
    void next.last.then(() => lines.get(id) === next && lines.delete(id));
    return run;
  };
}
