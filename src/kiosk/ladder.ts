/** What may be wrong with a map that nobody looks after. */
export type Symptom = 'blank' | 'context' | 'worker' | 'check' | 'memory';

/** What is done about it. */
export type Remedy = 'refresh' | 'redraw' | 'check' | 'update' | 'replace' | 'reload';

/** From the gentlest to the last. */
export const LADDERS: Record<Symptom, readonly Remedy[]> = {
  blank: ['refresh', 'redraw', 'update', 'reload'],
  context: ['redraw', 'reload'],
  // A worker that answers nothing ends no update either.
  worker: ['reload', 'replace'],
  check: ['check', 'reload'],
  memory: ['reload'],
};

/** Seconds for which a symptom lasts before anything is done. */
export const PATIENCE: Record<Symptom, number> = { blank: 20, context: 5, worker: 20, check: 10, memory: 60 };
/** Seconds between two remedies: the first pause, doubled each time, and the longest. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 600;
/** Seconds without the symptom after which the next one begins at the foot of the ladder. */
const WELL = 120;

interface Illness {
  since: number;
  /** Remedies that were tried. */
  steps: number;
  nextAt: number;
  goneAt?: number | undefined;
}

/** Decides what is done next. Seconds of a clock that only runs forward. */
export interface Doctor {
  /** Takes what is wrong now; returns what to do about it, at most one thing. */
  look(symptoms: ReadonlySet<Symptom>, now: number): { symptom: Symptom; remedy: Remedy } | undefined;
}

/** One step of a ladder at a time, each later than the last; on the last rung it stays, ever more rarely. */
export function createDoctor(): Doctor {
  const illnesses = new Map<Symptom, Illness>();
  return {
    look(symptoms, now) {
      for (const symptom of symptoms) {
        const known = illnesses.get(symptom);
        if (!known) illnesses.set(symptom, { since: now, steps: 0, nextAt: now + PATIENCE[symptom] });
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
      const remedy = ladder[Math.min(illness.steps, ladder.length - 1)]!;
      illness.nextAt = now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** illness.steps);
      illness.steps += 1;
      return { symptom, remedy };
    },
  };
}
