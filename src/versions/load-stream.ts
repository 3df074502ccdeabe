import type { Env } from '../client/env';
import { failure } from '../client/failure';
import type { createStream, StreamListener } from './stream';
import type { Tabs } from '../client/tabs';

type Stream = ReturnType<typeof createStream>;

/** Loads the stream's script and opens the stream. `revive` does again what failed of it: the script may be out of reach, too. */
export function loadStream(
  env: Env & Pick<Tabs, 'eventSource'>,
  url: string,
  closed: AbortSignal,
  listener: StreamListener,
): Stream {
  let stream: Stream | undefined;
  let loading = false;

  async function load(): Promise<void> {
    loading = true;
    try {
      const script = await import('./stream');
      stream = script.createStream(env, url, closed, listener);
    } catch (cause) {
      listener.failed(failure('NETWORK_FAILED', 'The stream failed to load.', 'Precache its script.', cause));
    }
    loading = false;
  }

  function revive(): void {
    if (stream) stream.revive();
    else if (!loading && !closed.aborted) void load();
  }

  revive();
  return { revive };
}
