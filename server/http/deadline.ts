/** Rejects if `work` has not settled after the given number of seconds, and ignores its later outcome. */
export function withDeadline<T>(work: Promise<T>, seconds: number, what = 'no answer'): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} after ${seconds} s`)), seconds * 1000);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
