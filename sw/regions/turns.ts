/** Takes turns: at any time either the slice works on a region, or a page's command changes it. */
export interface Turns {
  /** True while a region is being changed. */
  isHeld(id: string): boolean;
  /**
   * Runs the slice's work on a region, until it ends or a change of the region aborts it. `goesOn` takes work that may
   * outlast the slice: the change aborts and awaits that, too.
   */
  work<T>(id: string, begin: (signal: AbortSignal, goesOn: (work: Promise<unknown>) => void) => Promise<T>): Promise<T>;
  /**
   * Changes a region: its work ends at once, and none begins before `change` is over. Otherwise a slice would overwrite
   * the record with the earlier one. Changes run one after the other; `change` must ask for no turn of the same region.
   * Its signal says that another change waits: then it skips optional work.
   */
  alone<T>(id: string, change: (hurry: AbortSignal) => Promise<T>): Promise<T>;
  /** Ends all work; none begins any more. */
  halt(): Promise<void>;
  readonly halted: boolean;
}

/** The work on a region: the slice's, and what has outlasted earlier slices. */
interface Work {
  controller: AbortController;
  running: Set<Promise<unknown>>;
}

export function createTurns(): Turns {
  const changes = new Map<string, { ended: Promise<unknown>; hurry: AbortController }>();
  const works = new Map<string, Work>();
  let halted = false;

  const endWork = async (id: string) => {
    const work = works.get(id);
    if (!work) return;
    work.controller.abort();
    while (work.running.size > 0) await Promise.allSettled(work.running);
    works.delete(id);
  };

  return {
    isHeld: (id) => changes.has(id),
    async work(id, begin) {
      const { controller, running } = works.get(id) ?? { controller: new AbortController(), running: new Set() };
      works.set(id, { controller, running });
      const run = <W>(work: Promise<W>) => {
        running.add(work);
        const over = () => void running.delete(work);
        work.then(over, over);
        return work;
      };
      return run(begin(controller.signal, run));
    },
    async alone(id, change) {
      const before = changes.get(id);
      before?.hurry.abort();
      const hurry = new AbortController();
      const turn = async () => {
        await before?.ended.catch(() => {});
        await endWork(id);
        return change(hurry.signal);
      };
      const ended = turn();
      const own = { ended, hurry };
      changes.set(id, own);
      try {
        return await ended;
      } finally {
        if (changes.get(id) === own) changes.delete(id);
      }
    },
    async halt() {
      halted = true;
      await Promise.all([...works.keys()].map(endWork));
    },
    get halted() {
      return halted;
    },
  };
}
