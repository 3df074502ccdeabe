/** A fault of an unattended map. */
export type Symptom = 'blank' | 'context' | 'worker' | 'check' | 'memory';

/** An action that may cure a symptom. */
export type Remedy = 'refresh' | 'redraw' | 'check' | 'update' | 'replace' | 'reload';

/** The remedies of each symptom, from the gentlest to the last. */
export const LADDERS: Record<Symptom, readonly Remedy[]> = {
  blank: ['refresh', 'redraw', 'update', 'reload'],
  context: ['redraw', 'reload'],
  // A hanging worker also blocks its own update, so `update` is not tried.
  worker: ['reload', 'replace'],
  check: ['check', 'reload'],
  memory: ['reload'],
};

/** Seconds that a symptom must last before the first remedy. */
export const PATIENCE: Record<Symptom, number> = { blank: 20, context: 5, worker: 20, check: 10, memory: 60 };
/** Seconds between two remedies: the first pause, which doubles each time, and the longest. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 600;
/** Seconds without the symptom after which the next occurrence starts with the gentlest remedy again. */
const WELL = 120;

interface Illness {
  since: number;
  /** The number of remedies tried. */
  steps: number;
  nextAt: number;
  goneAt?: number | undefined;
}

/** The number of remedies tried, by symptom. */
export type Tried = Partial<Record<Symptom, number>>;

/** Decides the next remedy. Times are seconds of a monotonic clock. */
export interface Doctor {
  /** Takes the current symptoms; returns at most one remedy. */
  look(symptoms: ReadonlySet<Symptom>, now: number): { symptom: Symptom; remedy: Remedy } | undefined;
  /** Returns what the next page must know if this page reloads. */
  tried(): Tried;
}

/**
 * Creates a doctor, which climbs a ladder one step at a time, each later than the last, and repeats the last step ever
 * more rarely. `before`: what the previous page tried, in vain if the symptom is there again.
 */
export function createDoctor(before: Tried = {}): Doctor {
  const illnesses = new Map<Symptom, Illness>();
  let bornAt: number | undefined;
  let past = before;

  /** Returns a stronger remedy if the worker is at fault, because a worker survives a reload. */
  function stronger(remedy: Remedy, symptoms: ReadonlySet<Symptom>): Remedy {
    const worker = symptoms.has('worker') ? illnesses.get('worker') : undefined;
    return remedy === 'reload' && worker && worker.steps > LADDERS.worker.indexOf('reload') ? 'replace' : remedy;
  }

  return {
    tried: () => Object.fromEntries([...illnesses].map(([symptom, { steps }]) => [symptom, steps])),
    look(symptoms, now) {
      bornAt ??= now;
      if (now - bornAt >= WELL) past = {};
      for (const symptom of symptoms) {
        const known = illnesses.get(symptom);
        if (!known) illnesses.set(symptom, { since: now, steps: past[symptom] ?? 0, nextAt: now + PATIENCE[symptom] });
        else known.goneAt = undefined;
      }
      for (const [symptom, illness] of illnesses) {
        if (symptoms.has(symptom)) continue;
        illness.goneAt ??= now;
        if (now - illness.goneAt >= WELL) illnesses.delete(symptom);
      }
      const due = [...illnesses].find(([symptom, { nextAt }]) => symptoms.has(symptom) && now >= nextAt);
      if (!due) return undefined;
      const [symptom, illness] = due;
      const ladder = LADDERS[symptom];
      const remedy = stronger(ladder[Math.min(illness.steps, ladder.length - 1)]!, symptoms);
      illness.nextAt = now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** illness.steps);
      illness.steps += 1;
      return { symptom, remedy };
    },
  };
}
