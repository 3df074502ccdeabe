import { createEmitter } from '../page/events';
import { createDoctor, type Remedy, type Symptom, type Tried } from './ladder';
import type { Probes } from './probes';
import type { KeepAlive, KeepAliveEvents } from './types';

/** Functions that carry out each remedy; each rejects with the reason if it failed. */
export type Remedies = Record<Remedy, () => void | Promise<void>>;

/** The parts of a watchdog. */
export interface WatchdogParts {
  probes: Probes;
  remedies: Remedies;
  /** Milliseconds between two checks. */
  every: number;
  /** Returns the seconds of a monotonic clock. */
  now(): number;
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  /**
   * Returns the remedies that the previous page tried. `remember` saves this page's, because a remedy may end the page.
   * @default nothing is known
   */
  recall?(): Tried;
  remember?(tried: Tried): void;
}

/** Milliseconds that a remedy may take, so that a hanging one does not end the watch. */
const REMEDY_WITHIN = 30_000;

/** Creates the watchdog: it checks, applies one remedy if there is a symptom, and checks again. It never throws. */
export function createWatchdog(parts: WatchdogParts): KeepAlive {
  const { probes, remedies, every, now } = parts;
  const { on, emit, close } = createEmitter<KeepAliveEvents>();
  const doctor = createDoctor(parts.recall?.());
  const heals: Record<Remedy, number> = { refresh: 0, redraw: 0, check: 0, update: 0, replace: 0, reload: 0 };
  let symptoms = new Set<Symptom>();
  let over = false;
  let timer: unknown;
  let running: Promise<void> | undefined;

  async function treat(symptom: Symptom, remedy: Remedy): Promise<void> {
    const late = new Promise<never>((_, reject) => {
      parts.setTimeout(() => reject(new Error(`${remedy} took too long.`)), REMEDY_WITHIN);
    });
    try {
      await Promise.race([(async () => remedies[remedy]())(), late]);
      heals[remedy] += 1;
      emit('heal', { symptom, remedy, done: true });
    } catch (error) {
      emit('heal', { symptom, remedy, done: false, error });
    }
  }

  async function look(): Promise<void> {
    const found = await probes.run().catch(() => symptoms);
    if (over) return;
    const before = symptoms;
    symptoms = found;
    for (const symptom of found) if (!before.has(symptom)) emit('symptom', { symptom });
    if (before.size && !found.size) emit('well', { after: [...before] });
    // A listener may have stopped the watch.
    const next = over ? undefined : doctor.look(found, now());
    if (!next) return;
    parts.remember?.(doctor.tried());
    await treat(next.symptom, next.remedy);
  }

  /** Runs one check at a time. */
  function once(): Promise<void> {
    running ??= look().finally(() => {
      running = undefined;
    });
    return running;
  }

  function later(): void {
    if (over) return;
    timer = parts.setTimeout(() => void once().finally(later), every);
  }

  later();
  return {
    on,
    look: once,
    status: () => ({ symptoms: [...symptoms], heals: { ...heals } }),
    stop() {
      over = true;
      parts.clearTimeout(timer);
      probes.stop();
      close();
    },
  };
}
