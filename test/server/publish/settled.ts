import { vi } from 'vitest';

const realTimeout = setTimeout;

/** Advances the fake clock until the promise settles. Digests take real time. */
export async function settled<T>(promise: Promise<T>): Promise<T> {
  let done = false;
  const end = promise.finally(() => (done = true));
  end.catch(() => undefined);
  while (!done) {
    await vi.advanceTimersByTimeAsync(100);
    await new Promise((resolve) => realTimeout(resolve, 0));
  }
  return end;
}
