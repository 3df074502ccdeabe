import { watchContexts } from './contexts';
import type { Symptom } from './ladder';
import { watchPictures } from './picture';
import type { KioskBinding, KioskClient } from './types';
import { watchWorker } from './worker-probe';

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
  /** Returns true while the origin has the worker switched off. @default never */
  isOff?(): boolean;
  /** Returns the used and allowed bytes of the heap, if the browser tells. */
  heap(): { used: number; limit: number } | undefined;
}

/** Looks for symptoms of a map. */
export interface Probes {
  run(): Promise<Set<Symptom>>;
  stop(): void;
}

export function createProbes(patient: Patient): Probes {
  const { bindings, client, maxHeap, heap } = patient;
  const contexts = watchContexts(bindings);
  const pictures = watchPictures(bindings, client);
  const worker = watchWorker(patient);
  const checks = watchChecks(patient);

  async function isBlank(): Promise<boolean> {
    const status = client.status();
    const { painted, blank, empty } = pictures.look(status);
    if (painted.length > 0) return false;
    // Without a network, a blank layer can only be healed from the store.
    if (blank.length > 0 && (!status.offline || (await worker.stores(blank)))) return true;
    // Perhaps the origin has nothing here. A worker that keeps the layer says so once its tiles are requested again.
    return empty.length > 0 && worker.stores(empty);
  }

  function isHeapFull(): boolean {
    const memory = heap();
    return memory !== undefined && memory.used > memory.limit * maxHeap;
  }

  const looks: Record<Symptom, () => boolean | Promise<boolean>> = {
    context: contexts.lost,
    blank: isBlank,
    worker: worker.isGone,
    check: checks.isLate,
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
      for (const { stop } of [contexts, pictures, worker, checks]) stop();
    },
  };
}

/** Watches the version checks. */
function watchChecks({ client, now, checkWithin }: Pick<Patient, 'client' | 'now' | 'checkWithin'>) {
  let checkedAt = now();
  return {
    stop: client.on('versioncheck', () => (checkedAt = now())),
    isLate(): boolean {
      // If checks are switched off, none is late. When they are switched on again, the first one gets its full time.
      if (client.status().checks === false) checkedAt = now();
      return now() - checkedAt > checkWithin;
    },
  };
}
