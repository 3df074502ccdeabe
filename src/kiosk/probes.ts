import { attempt } from '../page/env';
import type { ClientStatus } from '../page/types';
import { watchContexts } from './contexts';
import type { Symptom } from './ladder';
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

/** Returns whether any tile of a layer is on the screen; `undefined` if the map needs none of its tiles, or is not shown. */
export function isPainted(
  binding: Pick<KioskBinding, 'layer' | 'tiles' | 'view' | 'cover'>,
  status: ClientStatus,
): boolean | undefined {
  const view = binding.view();
  // The page shows something else now: nobody misses a map whose element is not rendered (`display: none`).
  if (!view || (view.container as Partial<Element>).getClientRects?.().length === 0) return undefined;
  // An empty map is right outside of the layer's zooms or area, or if the layer is switched off.
  if (binding.cover?.()?.wanted.length === 0) return undefined;
  const shown = status.layers[binding.layer]?.shown;
  if (shown?.length) return shown.some(({ missing }) => !missing);
  // The page has heard nothing of the layer's tiles: ask the map.
  return binding.tiles().length > 0;
}

/** Runs `isPainted`. A map that is being removed may throw, which must not keep the other maps from being checked. */
const paintedNow = (binding: KioskBinding, status: ClientStatus) => attempt(() => isPainted(binding, status));

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

  /**
   * Resolves with whether there is anything to show, from the network or the store. Otherwise a blank layer cannot be
   * healed.
   */
  async function couldShow(layers: readonly string[], offline: boolean): Promise<boolean> {
    if (!offline) return true;
    const usage = await Promise.race([client.usage().catch(() => undefined), sleep(ANSWER_WITHIN)]);
    const regions = Object.values(usage?.regions ?? {});
    return layers.some(
      (layer) => (usage?.layers[layer]?.tiles ?? 0) > 0 || regions.some((region) => region.layers?.includes(layer)),
    );
  }

  async function isBlank(): Promise<boolean> {
    const status = client.status();
    const screen = bindings.map((binding) => ({ binding, painted: paintedNow(binding, status) }));
    const blank = screen.flatMap(({ binding, painted }) => (painted === false ? [binding.layer] : []));
    return blank.length > 0 && !screen.some(({ painted }) => painted) && couldShow(blank, status.offline);
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
    },
  };
}
