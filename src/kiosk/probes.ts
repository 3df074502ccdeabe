import { attempt } from '../page/env';
import type { ClientStatus } from '../page/types';
import { watchContexts } from './contexts';
import type { Symptom } from './ladder';
import type { KioskBinding, KioskClient } from './types';

/** Milliseconds in which a worker answers, also one that has to be started on a slow machine. */
const ANSWER_WITHIN = 10_000;

/** What the probes look at. */
export interface Patient {
  bindings: readonly KioskBinding[];
  client: KioskClient;
  /** Seconds of a clock that only runs forward. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  checkWithin: number;
  maxHeap: number;
  /** Bytes of heap in use and allowed, where the browser tells. */
  heap(): { used: number; limit: number } | undefined;
}

/** Asks for what is wrong with a map. */
export interface Probes {
  run(): Promise<Set<Symptom>>;
  stop(): void;
}

/** Whether something of a layer is painted: any tile on the screen has come. Undefined where the map needs nothing of it. */
export function isPainted(
  binding: Pick<KioskBinding, 'layer' | 'tiles' | 'view' | 'cover'>,
  status: ClientStatus,
): boolean | undefined {
  if (!binding.view()) return undefined;
  // Outside of the layer's zooms or area, or where it is switched off, an empty map is right.
  if (binding.cover?.()?.wanted.length === 0) return undefined;
  const shown = status.layers[binding.layer]?.shown;
  if (shown?.length) return shown.some(({ missing }) => !missing);
  // Nothing was heard of the layer's tiles: the map says whether it has any.
  return binding.tiles().length > 0;
}

/** A map that is being taken down may fail to answer: the others are looked at all the same. */
const paintedNow = (binding: KioskBinding, status: ClientStatus) => attempt(() => isPainted(binding, status));

export function createProbes({ bindings, client, now, sleep, checkWithin, maxHeap, heap }: Patient): Probes {
  const contexts = watchContexts(bindings);
  let checkedAt = now();
  // Also one that is lost before the first look.
  let hadWorker = client.state === 'active';
  let asking: Promise<boolean> | undefined;
  const stopCheck = client.on('versioncheck', () => (checkedAt = now()));
  const stopState = client.on('statechange', ({ state }) => (hadWorker ||= state === 'active'));

  /** True when it answered anything. One question at a time: a worker that hangs is not asked again and again. */
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

  /** Blank layers are only to be healed where there is something to show: a network, or tiles that are stored. */
  async function couldShow(layers: readonly string[], offline: boolean): Promise<boolean> {
    if (!offline) return true;
    const usage = await Promise.race([client.usage().catch(() => undefined), sleep(ANSWER_WITHIN)]);
    return layers.some((layer) => (usage?.layers[layer]?.tiles ?? 0) > 0);
  }

  async function isBlank(): Promise<boolean> {
    const status = client.status();
    const screen = bindings.map((binding) => ({ binding, painted: paintedNow(binding, status) }));
    const blank = screen.flatMap(({ binding, painted }) => (painted === false ? [binding.layer] : []));
    return blank.length > 0 && !screen.some(({ painted }) => painted) && couldShow(blank, status.offline);
  }

  function isCheckLate(): boolean {
    // Where nobody wants checks, none is late; and the first one has its time when they are wanted again.
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
    worker: async () => hadWorker && (client.state === 'unavailable' || !(await answers())),
    check: isCheckLate,
    memory: isHeapFull,
  };

  return {
    async run() {
      const found = new Set<Symptom>();
      for (const [symptom, look] of Object.entries(looks) as Array<[Symptom, () => boolean | Promise<boolean>]>) {
        // What one look stumbles over, such as a map that is half taken down, hides nothing that the others find.
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
