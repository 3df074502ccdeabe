import type { FailedTile } from '../../src/shared/regions';
import { blockOf, blocksOf, cachesOf, packInWork, packsOf, packsOfDraft } from './blocks';
import type { FillTools } from './fill-tools';
import { letGo } from './let-go';
import { cachesOfRegion } from './notes';
import { type Grown, lendPack } from './lend-pack';
import type { RegionRecord } from './records';
import { createTidy, type Tidy } from './tidy';
import type { TidyTools } from './tidy-tools';

/** Frees storage, and cleans up what stopped workers have left behind. */
export interface Space extends Tidy {
  /** Resolves with the bytes that are left for this site. */
  available(): Promise<number | undefined>;
  /**
   * Ends a draft: deletes its staged tiles, and returns the record with the draft's packs as garbage. They stay until the
   * caller has written the record: a stop in between leaves the draft whole.
   */
  dropDraft(record: RegionRecord): Promise<RegionRecord>;
  /** Resolves like `lendOut`. */
  removeRegion(id: string): Promise<Grown[]>;
  /**
   * Makes the other regions, except those in `over`, take over the bodies that they have borrowed from this one, except
   * bodies in caches that `isGone` names. Resolves with their packs that have grown, to `recount`.
   */
  lendOut(id: string, isGone: (cacheName: string) => boolean, over: ReadonlySet<string>): Promise<Grown[]>;
  /** Returns the places, in the region's list, of the blocks that contain these tiles. */
  ordinalsOf(record: RegionRecord, failed: readonly FailedTile[]): number[];
}

export function createSpace(tools: TidyTools & Pick<FillTools, 'estimate' | 'records'>): Space {
  const { book, packs, records, origin } = tools;

  const space: Space = {
    async available() {
      const estimate = await tools.estimate().catch(() => undefined);
      if (estimate?.quota === undefined) return undefined;
      return Math.max(0, estimate.quota - (estimate.usage ?? 0));
    },
    async dropDraft(record) {
      await records.unstage(record.id).catch(() => {});
      const { draft: _, ...rest } = record;
      return { ...rest, garbage: [...record.garbage, ...packsOfDraft(record, origin), ...packInWork(record, origin)] };
    },
    async removeRegion(id) {
      const record = book.get(id);
      if (!record) return [];
      const grown = await tools.lending(async () => {
        const lent = await space.lendOut(id, () => false, new Set());
        // The region is gone from here on; `tidy` finds whatever a stop leaves behind.
        await book.remove(id);
        const others = cachesOfRegion(await packs.list(), id);
        for (const name of new Set([...cachesOf(record), ...others])) await packs.drop(name);
        return lent;
      });
      letGo(tools);
      return grown;
    },
    async lendOut(id, isGone, over) {
      const { edition, garbage = [] } = book.get(id) ?? {};
      const borrowed = book.all().some((other) => other.id !== id && other.borrows.includes(id));
      if (!borrowed) return [];
      const grown: Grown[] = [];
      // Packs of earlier editions may not have been tidied up yet.
      for (const pack of [...garbage, ...(edition ? packsOf(edition, origin) : [])])
        if (!isGone(pack.cacheName)) grown.push(...(await lendPack(tools, pack, id, over)));
      return grown;
    },
    ordinalsOf({ spec, layers }, failed) {
      const names = new Set(failed.flatMap(({ layer, tile }) => (tile ? [`${layer} ${blockOf(tile)}`] : [])));
      return blocksOf(spec, layers.length).flatMap(({ layer, name }, i) =>
        names.has(`${layers[layer]!.layer} ${name}`) ? [i] : [],
      );
    },
    tidy: () => tidied.tidy(),
    noticeLost: () => tidied.noticeLost(),
  };
  const tidied = createTidy(tools, space.dropDraft);
  return space;
}
