import type { WantedItem } from './block-plan';
import type { Filling } from './filling';
import { fromStore } from './from-store';

type Looked = Awaited<ReturnType<typeof fromStore>>;

/** Looks for tiles in the store. */
export interface Looks {
  /** Looks for a tile, or goes on with the look that has begun. */
  take(item: WantedItem): Promise<Looked>;
  /** Begins to look for one of the next tiles, while another one is on its way. */
  ahead(): void;
}

/** Looks in the store for tiles of a block. `queue`: those that are still to be settled. */
export function createLooks(queue: readonly WantedItem[], { plan, tools, staged, unstaged }: Filling): Looks {
  const begun = new Map<string, Promise<Looked>>();
  const look = (item: WantedItem) => fromStore(item, plan.region, tools);
  const { failed, missed, underway } = unstaged;
  const isKnown = ({ key }: WantedItem) =>
    [begun, staged, failed, missed, underway, plan.own?.entries, plan.old?.entries].some((map) => map?.has(key));
  return {
    async take(item) {
      const before = begun.get(item.key);
      begun.delete(item.key);
      const looked = await before;
      return looked && looked.found.state === tools.ledger.state ? looked : look(item);
    },
    ahead() {
      const next = plan.mode === 'all' ? undefined : queue.slice(0, plan.concurrency).find((item) => !isKnown(item));
      if (!next) return;
      const looking = look(next);
      looking.catch(() => {});
      begun.set(next.key, looking);
    },
  };
}
