/** Rejects when `work` has not settled after so many seconds; what comes of it later is not heard. */
export function withDeadline<T>(work: Promise<T>, seconds: number, what = 'no answer'): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} after ${seconds} s`)), seconds * 1000);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
