import type { Limits } from './fill-tools';

/** Requests that may outlast the slice that began them. */
export type Underway<T> = Map<string, Promise<T>>;

/**
 * Waits for a request, and begins it if an earlier slice has not. Resolves with undefined if the slice must end before:
 * the request goes on, and the next slice waits for the same answer. The caller deletes a request that it has settled.
 */
export function awaitUnderway<T>(
  key: string,
  underway: Underway<T>,
  begin: () => Promise<T>,
  { ended, goesOn }: Pick<Limits, 'ended' | 'goesOn'>,
): Promise<T | undefined> {
  let work = underway.get(key);
  if (!work) {
    work = begin();
    underway.set(key, work);
    goesOn(work);
    // The next slice requests it anew.
    work.catch(() => underway.delete(key));
  }
  return Promise.race([work, ended]);
}
