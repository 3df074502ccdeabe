/** The timers of the worker, or a test's. */
export interface Timers {
  setTimeout: (callback: () => void, ms: number) => unknown;
  clearTimeout: (timer: never) => void;
}

/** What was waited for has not settled in time; it may settle yet. */
export class DeadlineMissed extends Error {
  override readonly name = 'DeadlineMissed';
}

/** Settles as `work` does, or rejects with `DeadlineMissed` after so many milliseconds. The work itself goes on. */
export function within<T>(work: Promise<T>, ms: number, { setTimeout, clearTimeout }: Timers): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineMissed(`nothing after ${ms} ms`)), ms);
    work.then(
      (value) => {
        clearTimeout(timer as never);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer as never);
        reject(error as Error);
      },
    );
  });
}

/** The globals of the worker, where nobody passes others. */
export const globalTimers: Timers = {
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
};
