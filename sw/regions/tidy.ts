import { cachesOf } from './blocks';
import { type Grown, lendPack } from './lend-pack';
import { letGo } from './let-go';
import { packId } from '../store/pack';
import { createNoticing } from './notice-lost';
import { recount } from './recount';
import type { RegionRecord } from './records';
import type { TidyTools } from './tidy-tools';

/** Keeps records and packs in step. */
export interface Tidy {
  /** Deletes the packs that nothing refers to, and does `noticeLost`. */
  tidy(): Promise<void>;
  /**
   * Notices regions whose packs the browser or a page has deleted, and reports them as lost. A first download begins
   * anew. Rejects when the browser does.
   */
  noticeLost(): Promise<void>;
}

export function createTidy(tools: TidyTools, dropDraft: (record: RegionRecord) => Promise<RegionRecord>): Tidy {
  const { book, packs } = tools;
  const noticeLost = createNoticing(tools, dropDraft);
  let checked: Promise<void> | undefined;

  /** Deletes the packs that a region does not use any more. */
  const collect = async (record: RegionRecord) => {
    const grown: Grown[] = [];
    await tools.lending(async () => {
      for (const name of record.garbage) grown.push(...(await lendPack(tools, name, record.id)));
      await packs.remove(record.garbage);
    });
    letGo(tools);
    await tools.alone(record.id, async () => {
      const latest = book.get(record.id);
      if (!latest) return;
      const gone = new Set(record.garbage.map(packId));
      const garbage = latest.garbage.filter((pack) => !gone.has(packId(pack)));
      await book.put({ ...latest, garbage });
    });
    await recount(grown, tools);
  };

  const dropUnknown = async () => {
    if (!book.sound) throw new Error('the records cannot be read');
    const known = new Set(book.all().flatMap(cachesOf));
    for (const name of await packs.list()) if (!known.has(name)) await packs.drop(name);
  };

  const tidy = async () => {
    await book.load();
    await (checked ??= dropUnknown().catch(() => void (checked = undefined)));
    await noticeLost().catch(() => {});
    for (const record of book.all()) if (record.garbage.length > 0) await collect(record).catch(() => {});
  };
  return { tidy, noticeLost };
}
