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

/** Nothing of a layer is painted: no tile on the screen has come. */
export function isBlank(binding: Pick<KioskBinding, 'layer' | 'tiles' | 'view'>, status: ClientStatus): boolean {
  if (!binding.view()) return false;
  const shown = status.layers[binding.layer]?.shown;
  if (shown?.length) return shown.every(({ missing }) => missing);
  // Nothing was heard of the layer's tiles: the map says whether it has any.
  return binding.tiles().length === 0;
}

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

  return {
    async run() {
      const found = new Set<Symptom>();
      const status = client.status();
      if (contexts.lost()) found.add('context');
      const blank = bindings.filter((binding) => isBlank(binding, status)).map(({ layer }) => layer);
      if (blank.length === bindings.length && blank.length && (await couldShow(blank, status.offline)))
        found.add('blank');
      if (hadWorker && (client.state === 'unavailable' || !(await answers()))) found.add('worker');
      if (now() - checkedAt > checkWithin) found.add('check');
      const memory = heap();
      if (memory && memory.used > memory.limit * maxHeap) found.add('memory');
      return found;
    },
    stop() {
      stopCheck();
      stopState();
      contexts.stop();
    },
  };
}
