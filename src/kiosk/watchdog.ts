import { createEmitter } from '../page/events';
import { createDoctor, type Remedy, type Symptom, type Tried } from './ladder';
import type { Probes } from './probes';
import type { KeepAlive, KeepAliveEvents } from './types';

/** Does each remedy; rejects where it could not be done, and says why. */
export type Remedies = Record<Remedy, () => void | Promise<void>>;

/** What a watchdog works with. */
export interface WatchdogParts {
  probes: Probes;
  remedies: Remedies;
  /** Milliseconds between two looks. */
  every: number;
  /** Seconds of a clock that only runs forward. */
  now(): number;
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  /** What the page before this one had tried, and where this one notes it: a remedy may be the page's end. @default nothing is known */
  recall?(): Tried;
  remember?(tried: Tried): void;
}

/** Milliseconds that a remedy may take: one that hangs must not end the watch. */
const REMEDY_WITHIN = 30_000;

/** Looks, heals by one step where something is wrong, and looks again. Never throws. */
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
    const next = doctor.look(found, now());
    if (!next) return;
    parts.remember?.(doctor.tried());
    await treat(next.symptom, next.remedy);
  }

  /** One look at a time. */
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
