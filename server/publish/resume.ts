import type { Begun, OriginState } from '../versions/state';
import { begunOf, isGivenUp, takeUp } from '../versions/begun';
import type { Present } from './present';
import type { UnderWay } from './under-way';

/** Seconds without a sign of life after which a publication is taken for interrupted. */
const SILENT = 20;

/** What taking up stands on. */
export interface ResumeParts {
  versions: Pick<Present, 'update'>;
  underWay: UnderWay;
  /** Runs a task when no other publication of the layer is under way. */
  inTurn: (layer: string, task: () => Promise<void>) => Promise<void>;
  /** Carries on what was taken up, in the state in which it was. */
  carryOn: (taken: Begun, state: OriginState) => Promise<unknown>;
  /** Hears of one that is not taken up any more. */
  givenUp: (taken: Begun, state: OriginState) => void;
  now: () => number;
}

/** Takes publications up whose process ended before their announcement. */
export interface Resume {
  /** Hears of each state, and wakes when a publication in it has been silent for too long. */
  note(state: OriginState): void;
  close(): void;
}

/** When a publication gave its last sign of life, by this instance's own clock: those of two machines are not compared. */
interface Seen {
  begun: Begun;
  at: number;
}

/** Makes it. Of several instances that share a store, one takes a publication up: whoever is first gives it its own mark. */
export function createResume({ versions, underWay, inTurn, carryOn, givenUp, now }: ResumeParts): Resume {
  let seen = new Map<string, Seen>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  async function take(begun: Begun): Promise<void> {
    const mark = crypto.randomUUID();
    const stop = underWay.start(mark);
    try {
      const state = await versions.update((current) => takeUp(current, begun, mark));
      const taken = begunOf(state, mark);
      if (!taken) return;
      // It stays written down, so that whoever looks sees that it was not done.
      if (isGivenUp(taken)) givenUp(taken, state);
      else await carryOn(taken, state);
    } finally {
      stop();
    }
  }

  /** Milliseconds until it counts as silent; a clock that was set back makes none wait longer. */
  const left = ({ at }: Seen) => Math.min(SILENT * 1000, at + SILENT * 1000 - now());

  async function run(): Promise<void> {
    const late = [...seen].filter(([, each]) => left(each) <= 0);
    // One that fails again stays written down, and is silent anew.
    for (const [key, { begun }] of late) seen.set(key, { begun, at: now() });
    const silent = late.map(([, { begun }]) => begun).filter(({ mark }) => !underWay.has(mark));
    await Promise.all(silent.map((begun) => inTurn(begun.layer, () => take(begun)).catch(() => undefined)));
    arm();
  }

  function arm(): void {
    clearTimeout(timer);
    timer = undefined;
    if (closed || seen.size === 0) return;
    timer = setTimeout(() => void run(), Math.max(1000, Math.min(...[...seen.values()].map(left))));
    // Node only: a number elsewhere.
    (timer as { unref?(): void }).unref?.();
  }

  return {
    note({ begun = [] }) {
      const keyed = begun
        .filter((each) => !isGivenUp(each))
        .map((each) => [`${each.mark} ${each.beat}`, each] as const);
      seen = new Map(keyed.map(([key, each]) => [key, seen.get(key) ?? { begun: each, at: now() }]));
      arm();
    },
    close() {
      closed = true;
      underWay.close();
      clearTimeout(timer);
    },
  };
}
