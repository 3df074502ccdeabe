import type { Env } from '../page/env';
import type { WorkerLink } from './link';

/** Milliseconds between two messages. Browsers stop a worker that has had no event for 30 seconds. */
const PING = 20_000;
/**
 * Milliseconds for which one report keeps the worker awake. The worker reports at most once a minute, and asks the
 * origin at least once a minute.
 */
const OPEN = 150_000;

/**
 * Keeps the worker awake while an edge answers with another version than the announced one: the worker then asks the
 * edge again and again by timers, which end when the browser stops the worker. Returns the function to call whenever
 * the worker reports such an answer.
 */
export function createKeepAwake(env: Env, link: Pick<WorkerLink, 'active'>): () => void {
  let until = -Infinity;
  let timer: unknown;

  function ping(): void {
    timer = undefined;
    if (env.now() > until) return;
    // Any message keeps the worker awake; the answer does not matter.
    link.active()?.postMessage({ type: 'TILE_STATUS', id: 'awake' });
    timer = env.setTimeout(ping, PING);
  }

  return () => {
    until = env.now() + OPEN;
    timer ??= env.setTimeout(ping, PING);
  };
}
