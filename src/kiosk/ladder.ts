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

/** How many remedies were tried, by symptom. */
export type Tried = Partial<Record<Symptom, number>>;

/** Decides what is done next. Seconds of a clock that only runs forward. */
export interface Doctor {
  /** Takes what is wrong now; returns what to do about it, at most one thing. */
  look(symptoms: ReadonlySet<Symptom>, now: number): { symptom: Symptom; remedy: Remedy } | undefined;
  /** What the next page has to know if this one is loaded anew. */
  tried(): Tried;
}

/**
 * One step of a ladder at a time, each later than the last; on the last rung it stays, ever more rarely. `before`: what the
 * page before this one had tried, in vain where a symptom is there again.
 */
export function createDoctor(before: Tried = {}): Doctor {
  const illnesses = new Map<Symptom, Illness>();
  let bornAt: number | undefined;
  let past = before;

  /** A reload that a worker survives is of no use to it, whatever asks for another one. */
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
