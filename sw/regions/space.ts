import type { FailedTile } from '../../src/shared/regions';
import { blockOf, blocksOf, cachesOf, packsOf, packsOfDraft } from './blocks';
import type { FillTools } from './fill-tools';
import { letGo } from './let-go';
import { cachesOfRegion } from './notes';
import { lendPack } from './lend-pack';
import type { RegionRecord } from './records';
import { createTidy, type Tidy, type TidyTools } from './tidy';

/** Frees storage, and cleans up what stopped workers have left behind. */
export interface Space extends Tidy {
  /** Resolves with the bytes that are left for this site. */
  available(): Promise<number | undefined>;
  /**
   * Ends a draft: deletes its staged tiles, and returns the record with the draft's packs as garbage. They stay until the
   * caller has written the record: a stop in between leaves the draft whole.
   */
  dropDraft(record: RegionRecord): Promise<RegionRecord>;
  removeRegion(id: string): Promise<void>;
  /**
   * Makes the other regions, except those in `over`, take over the bodies that they have borrowed from this one, except
   * bodies in caches that `isGone` names.
   */
  lendOut(id: string, isGone: (cacheName: string) => boolean, over: ReadonlySet<string>): Promise<void>;
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
      return { ...rest, garbage: [...record.garbage, ...packsOfDraft(record, origin)] };
    },
    async removeRegion(id) {
      const record = book.get(id);
      if (!record) return;
      await tools.lending(async () => {
        await space.lendOut(id, () => false, new Set());
        // The region is gone from here on; `tidy` finds whatever a stop leaves behind.
        await book.remove(id);
        const others = cachesOfRegion(await packs.list(), id);
        for (const name of new Set([...cachesOf(record), ...others])) await packs.drop(name);
      });
      letGo(tools);
    },
    async lendOut(id, isGone, over) {
      const edition = book.get(id)?.edition;
      const borrowed = book.all().some((other) => other.id !== id && other.borrows.includes(id));
      if (!borrowed || !edition) return;
      for (const { cacheName, path } of packsOf(edition, origin))
        if (!isGone(cacheName)) await lendPack(tools, { cacheName, path }, id, over);
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
