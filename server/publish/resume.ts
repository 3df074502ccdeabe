import type { Begun, OriginState } from '../versions/state';
import { begunOf, isGivenUp, takeUp } from '../versions/begun';
import type { Present } from './present';
import type { UnderWay } from './under-way';

/** Seconds without a sign of life after which a publication counts as interrupted. */
const SILENT = 20;

/** The parts that resuming needs. */
export interface ResumeParts {
  versions: Pick<Present, 'update'>;
  underWay: UnderWay;
  /** Runs a task when no other publication of the layer is running. */
  inTurn: (layer: string, task: () => Promise<void>) => Promise<void>;
  /** Continues a resumed publication from its state. */
  carryOn: (taken: Begun, state: OriginState) => Promise<unknown>;
  /** Called for a publication that will not be resumed any more. */
  givenUp: (taken: Begun, state: OriginState) => void;
  now: () => number;
}

/** Resumes publications whose process ended before their announcement. */
export interface Resume {
  /** Takes a state, and sets a timer for publications in it that become silent. */
  note(state: OriginState): void;
  close(): void;
}

/** The last sign of life of a publication, by this instance's own clock, because clocks of two machines may differ. */
interface Seen {
  begun: Begun;
  at: number;
}

/**
 * Creates the resumption. Of several instances that share a store, the first to write its own mark resumes the
 * publication.
 */
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
      // Keep its record, so that operators see that it was not completed.
      if (isGivenUp(taken)) givenUp(taken, state);
      else await carryOn(taken, state);
    } finally {
      stop();
    }
  }

  /** Returns the milliseconds until it counts as silent. A clock that was set back does not prolong the wait. */
  const left = ({ at }: Seen) => Math.min(SILENT * 1000, at + SILENT * 1000 - now());

  async function run(): Promise<void> {
    const late = [...seen].filter(([, each]) => left(each) <= 0);
    // If it fails again, it stays recorded and becomes silent once more.
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
    // Do not let the timer keep a Node process alive. Elsewhere, a timer is a number.
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
