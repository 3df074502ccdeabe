import { once } from 'node:events';

/** Resolves with the first signal. A second one, of either kind, ends the process at once. */
export function stopped(): Promise<unknown> {
  const heard = new AbortController();
  const either = ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: heard.signal }));
  return Promise.race(either).finally(() => heard.abort());
}
