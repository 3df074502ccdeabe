import type { ClientState } from '../page/types';
import type { KioskClient } from './types';

/** Milliseconds to wait for an answer of the worker, which may have to start on a slow machine. */
const ANSWER_WITHIN = 10_000;
/** Milliseconds in which a worker that has just been installed takes over the page. */
const CLAIMS_WITHIN = 120_000;

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
  let hadWorker = false;
  /** True if the page has been without its worker's control for long. */
  let isPassedOver = false;
  let changes = 0;
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

  function follow(state: ClientState): void {
    hadWorker ||= state === 'active';
    isPassedOver = false;
    const change = (changes += 1);
    if (state === 'pending') void sleep(CLAIMS_WITHIN).then(() => (isPassedOver ||= change === changes));
  }
  follow(client.state);

  /** True if the reload that was to heal the worker has left none. Another reload does not help if registering fails. */
  const vanished = () => hadBefore && client.error === undefined;

  return {
    async isGone() {
      if (isOff()) return false;
      // The worker answers messages, but the map gets nothing from it before the page is loaded again: after a reload past
      // the worker, or if the browser took back its removal while the page loaded.
      if (isPassedOver && (await answers())) return isPassedOver;
      return client.state === 'unavailable' ? hadWorker || vanished() : hadWorker && !(await answers());
    },
    async stores(layers) {
      const usage = await Promise.race([client.usage().catch(() => undefined), sleep(ANSWER_WITHIN)]);
      const regions = Object.values(usage?.regions ?? {});
      return layers.some(
        (layer) => (usage?.layers[layer]?.tiles ?? 0) > 0 || regions.some((region) => region.layers?.includes(layer)),
      );
    },
    stop: client.on('statechange', ({ state }) => follow(state)),
  };
}
