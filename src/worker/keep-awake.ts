import type { Env } from '../page/env';
import type { WorkerLink } from './worker-link';

/** Milliseconds: browsers stop a worker that had no event for 30 seconds. */
const PING = 20_000;
/** The worker tells once a minute at most, and asks the origin once a minute at least. */
const OPEN = 150_000;

/**
 * While an edge answers another version than the announced one, the worker asks again and again, but its timers end
 * when the browser stops it. Returns the function to call whenever the worker reports such an answer.
 */
export function createKeepAwake(env: Env, link: Pick<WorkerLink, 'active'>): () => void {
  let until = -Infinity;
  let timer: unknown;

  function ping(): void {
    timer = undefined;
    if (env.now() > until) return;
    // Any message is an event; the page does not wait for the answer.
    link.active()?.postMessage({ type: 'TILE_STATUS', id: 'awake' });
    timer = env.setTimeout(ping, PING);
  }

  return () => {
    until = env.now() + OPEN;
    timer ??= env.setTimeout(ping, PING);
  };
}
