/** Takes turns: at any time either the slice works on a region, or a page's command changes it. */
export interface Turns {
  /** True while a region is being changed. */
  isHeld(id: string): boolean;
  /** Runs the slice's work on a region, until it ends or a change of the region aborts it. One region at a time. */
  work<T>(id: string, begin: (signal: AbortSignal) => Promise<T>): Promise<T>;
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

export function createTurns(): Turns {
  const changes = new Map<string, { ended: Promise<unknown>; hurry: AbortController }>();
  let working: { id: string; controller: AbortController; ended: Promise<unknown> } | undefined;
  let halted = false;

  const endWork = async () => {
    working?.controller.abort();
    await working?.ended.catch(() => {});
  };

  return {
    isHeld: (id) => changes.has(id),
    async work(id, begin) {
      const controller = new AbortController();
      const ended = begin(controller.signal);
      working = { id, controller, ended };
      return ended.finally(() => (working = undefined));
    },
    async alone(id, change) {
      const before = changes.get(id);
      before?.hurry.abort();
      const hurry = new AbortController();
      const turn = async () => {
        await before?.ended.catch(() => {});
        if (working?.id === id) await endWork();
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
      await endWork();
    },
    get halted() {
      return halted;
    },
  };
}
