import type { Env } from '../page/env';
import type { Tabs } from '../page/tabs';
import { failure } from '../page/failure';
import { isTileCacheError, type TileCacheError } from '../shared/errors';
import { parseManifest, type NormalManifest } from '../shared/parse-manifest';
import { parseJson, SIZE_LIMIT } from './version-request';

/** Listens to the stream. */
export interface StreamListener {
  /**
   * Takes a manifest. `openedAt` is the start of the connection in epoch milliseconds: the only time that is certainly
   * before the manifest was sent.
   */
  manifest(manifest: NormalManifest, openedAt: number): void;
  failed(error: TileCacheError): void;
}

/**
 * Follows a stream of server-sent events whose data are manifests. Each visible page has its own. A hidden page closes
 * it and polls instead, so that background tabs hold no connections. `revive` opens a stream again that the browser has
 * given up.
 */
export function createStream(
  env: Env & Pick<Tabs, 'eventSource'>,
  url: string,
  closed: AbortSignal,
  listener: StreamListener,
  isOff: () => boolean,
): { revive(): void; stop(): void } {
  const CLOSED = 2;
  let source: EventSource | undefined;
  let openedAt = 0;

  function onMessage({ data }: MessageEvent): void {
    try {
      if (typeof data !== 'string' || data.length > SIZE_LIMIT) {
        throw failure('LIMIT_EXCEEDED', 'A stream event is too large.', 'Send a smaller manifest.');
      }
      listener.manifest(parseManifest(parseJson(data)), openedAt);
    } catch (error) {
      if (isTileCacheError(error)) listener.failed(error);
      else throw error;
    }
  }

  function revive(): void {
    if (
      closed.aborted ||
      isOff() ||
      env.document.visibilityState === 'hidden' ||
      (source && source.readyState !== CLOSED)
    )
      return;
    source?.close();
    openedAt = env.now();
    source = env.eventSource(url);
    source.onmessage = onMessage;
    source.onerror = () => {
      // The browser is reconnecting, so the next manifest will be sent after this time.
      openedAt = env.now();
    };
  }

  function stop(): void {
    source?.close();
    source = undefined;
  }

  env.document.addEventListener(
    'visibilitychange',
    () => (env.document.visibilityState === 'hidden' ? stop() : revive()),
    { signal: closed },
  );
  closed.addEventListener('abort', stop);
  revive();
  return { revive, stop };
}
