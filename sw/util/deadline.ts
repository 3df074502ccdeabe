/** The timers of the worker, or those of a test. */
export interface Timers {
  setTimeout: (callback: () => void, ms: number) => unknown;
  clearTimeout: (timer: never) => void;
}

/** Thrown by `within` if the work does not settle in time. The work may still settle later. */
export class DeadlineMissed extends Error {
  override readonly name = 'DeadlineMissed';
}

/** Settles as `work` does, or rejects with `DeadlineMissed` after `ms` milliseconds. The work itself continues. */
export function within<T>(work: Promise<T>, ms: number, { setTimeout, clearTimeout }: Timers): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineMissed()), ms);
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

/** The worker's global timers, the default. */
export const globalTimers: Timers = {
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
};
