import type { KioskClient } from './types';

/** Milliseconds to wait for an answer of the worker, which may have to start on a slow machine. */
const ANSWER_WITHIN = 10_000;

/** The worker of a page, and the parts of the browser that its watch uses. */
interface WatchedWorker {
  client: KioskClient;
  sleep(milliseconds: number): Promise<void>;
  /** True if the page before this one was reloaded to heal its worker: then there was one. @default false */
  hadWorker?: boolean;
  /** Returns true while the origin has the worker switched off: nobody misses it then. @default never */
  isOff?(): boolean;
}

/** Watches a page's worker. */
export interface WorkerWatch {
  /**
   * Resolves with true if there was a worker, and it is gone or does not answer, or if there is one that does not control
   * the page.
   */
  isGone(): Promise<boolean>;
  /** Resolves with whether the worker stores anything of these layers. */
  stores(layers: readonly string[]): Promise<boolean>;
  stop(): void;
}

/** Creates the watch. Notes the worker at once, because it may be lost before the first look. */
export function watchWorker({
  client,
  sleep,
  hadWorker: hadBefore = false,
  isOff = () => false,
}: WatchedWorker): WorkerWatch {
  let hadWorker = client.state === 'active';
  let asking: Promise<boolean> | undefined;

  /**
   * Resolves with whether the worker answered at all. Asks one question at a time, so that a hanging worker is not
   * asked again.
   */
  function answers(): Promise<boolean> {
    asking ??= client
      .workerStatus()
      .then(
        () => true,
        (error: unknown) => (error as { code?: string } | null)?.code === 'STORAGE_FAILED',
      )
      .finally(() => (asking = undefined));
    return Promise.race([asking, sleep(ANSWER_WITHIN).then(() => false)]);
  }

  /** True if the reload that was to heal the worker has left none. Another reload does not help if registering fails. */
  const vanished = () => hadBefore && client.error === undefined;

  return {
    async isGone() {
      if (isOff()) return false;
      // The worker answers messages, but the map gets nothing from it before the page is loaded again: after a reload past
      // the worker, or if the browser took back its removal while the page loaded.
      if (client.state === 'pending' && (await answers())) return client.state === 'pending';
      return client.state === 'unavailable' ? hadWorker || vanished() : hadWorker && !(await answers());
    },
    async stores(layers) {
      const usage = await Promise.race([client.usage().catch(() => undefined), sleep(ANSWER_WITHIN)]);
      const regions = Object.values(usage?.regions ?? {});
      return layers.some(
        (layer) => (usage?.layers[layer]?.tiles ?? 0) > 0 || regions.some((region) => region.layers?.includes(layer)),
      );
    },
    stop: client.on('statechange', ({ state }) => (hadWorker ||= state === 'active')),
  };
}
