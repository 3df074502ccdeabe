import { watchContexts } from './contexts';
import type { Symptom } from './ladder';
import { watchPictures } from './picture';
import type { KioskBinding, KioskClient } from './types';

/** Milliseconds to wait for an answer of the worker, which may have to start on a slow machine. */
const ANSWER_WITHIN = 10_000;

/** The subjects of the probes. */
export interface Patient {
  bindings: readonly KioskBinding[];
  client: KioskClient;
  /** Returns the seconds of a monotonic clock. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  checkWithin: number;
  maxHeap: number;
  /** True if the page before this one was reloaded to heal its worker: then there was one. @default false */
  hadWorker?: boolean;
  /** Returns the used and allowed bytes of the heap, if the browser tells. */
  heap(): { used: number; limit: number } | undefined;
}

/** Looks for symptoms of a map. */
export interface Probes {
  run(): Promise<Set<Symptom>>;
  stop(): void;
}

export function createProbes({
  bindings,
  client,
  now,
  sleep,
  checkWithin,
  maxHeap,
  hadWorker: hadBefore = false,
  heap,
}: Patient): Probes {
  const contexts = watchContexts(bindings);
  const pictures = watchPictures(bindings, client);
  let checkedAt = now();
  // Note the worker now: it may be lost before the first look.
  let hadWorker = client.state === 'active';
  let asking: Promise<boolean> | undefined;
  const stopCheck = client.on('versioncheck', () => (checkedAt = now()));
  const stopState = client.on('statechange', ({ state }) => (hadWorker ||= state === 'active'));

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

  /** Resolves with whether the worker stores anything of these layers. */
  async function stores(layers: readonly string[]): Promise<boolean> {
    const usage = await Promise.race([client.usage().catch(() => undefined), sleep(ANSWER_WITHIN)]);
    const regions = Object.values(usage?.regions ?? {});
    return layers.some(
      (layer) => (usage?.layers[layer]?.tiles ?? 0) > 0 || regions.some((region) => region.layers?.includes(layer)),
    );
  }

  async function isBlank(): Promise<boolean> {
    const status = client.status();
    const { painted, blank, empty } = pictures.look(status);
    if (painted.length > 0) return false;
    // Without a network, a blank layer can only be healed from the store.
    if (blank.length > 0 && (!status.offline || (await stores(blank)))) return true;
    // Perhaps the origin has nothing here. A worker that keeps the layer says so once its tiles are requested again.
    return empty.length > 0 && stores(empty);
  }

  /** True if the reload that was to heal the worker has left none. Another reload does not help if registering fails. */
  const vanished = () => hadBefore && client.error === undefined;

  function isCheckLate(): boolean {
    // If checks are switched off, none is late. When they are switched on again, the first one gets its full time.
    if (client.status().checks === false) checkedAt = now();
    return now() - checkedAt > checkWithin;
  }

  function isHeapFull(): boolean {
    const memory = heap();
    return memory !== undefined && memory.used > memory.limit * maxHeap;
  }

  const looks: Record<Symptom, () => boolean | Promise<boolean>> = {
    context: contexts.lost,
    blank: isBlank,
    worker: async () => (client.state === 'unavailable' ? hadWorker || vanished() : hadWorker && !(await answers())),
    check: isCheckLate,
    memory: isHeapFull,
  };

  return {
    async run() {
      const found = new Set<Symptom>();
      for (const [symptom, look] of Object.entries(looks) as Array<[Symptom, () => boolean | Promise<boolean>]>) {
        // One failing probe, for example of a map that is being removed, must not hide what the others find.
        if (
          await Promise.resolve()
            .then(look)
            .catch(() => false)
        )
          found.add(symptom);
      }
      return found;
    },
    stop() {
      stopCheck();
      stopState();
      contexts.stop();
      pictures.stop();
    },
  };
}
