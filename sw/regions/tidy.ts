import { cachesOf, packsOf } from './blocks';
import type { FillTools } from './fill-tools';
import type { Job } from './job';
import { lendPack } from './lend-pack';
import { letGo } from './let-go';
import { packId } from './pack';
import type { RegionRecord } from './records';

/** The parts of regions that tidying needs. */
export type TidyTools = Pick<FillTools, 'book' | 'packs' | 'sleep'> & {
  origin: string;
  /** Reports a region that the browser has deleted. */
  lost: (record: RegionRecord) => void;
  alone: Job['alone'];
};

/** Creates the function that deletes packs that nothing refers to, and notices packs that the browser has deleted. */
export function createTidy(
  tools: TidyTools,
  dropDraft: (record: RegionRecord) => Promise<RegionRecord>,
): () => Promise<void> {
  const { book, packs, origin } = tools;
  let checked: Promise<void> | undefined;

  /** Deletes the packs that a region does not use any more. */
  const collect = async (record: RegionRecord) => {
    for (const name of record.garbage) await lendPack(tools, name, record.id);
    await packs.remove(record.garbage);
    letGo(tools);
    await tools.alone(record.id, async () => {
      const latest = book.get(record.id);
      if (!latest) return;
      const gone = new Set(record.garbage.map(packId));
      const garbage = latest.garbage.filter((pack) => !gone.has(packId(pack)));
      await book.put({ ...latest, garbage });
    });
  };

  /** Reports packs that the browser has deleted, and makes them anew. */
  const look = async () => {
    if (!book.sound) throw new Error('the records cannot be read');
    const present = new Set(await packs.list());
    const known = new Set(book.all().flatMap(cachesOf));
    for (const name of present) if (!known.has(name)) await packs.drop(name);
    for (const { id } of book.all()) {
      await tools.alone(id, async () => {
        const record = book.get(id);
        if (!record?.edition || record.edition.tiles === 0) return;
        const { edition, ...before } = record;
        if (edition.layers.every(({ cacheName }) => present.has(cacheName))) return;
        const { garbage, ...rest } = await dropDraft(before);
        // The packs of layers that are still there belong to no edition any more.
        const left = [...garbage, ...packsOf(edition, origin)].filter(({ cacheName }) => present.has(cacheName));
        const after: RegionRecord = {
          ...rest,
          garbage: left.map(({ cacheName, path }) => ({ cacheName, path })),
          lost: true,
        };
        await book.put(after);
        tools.lost(after);
      });
    }
  };

  return async () => {
    await book.load();
    await (checked ??= look().catch(() => void (checked = undefined)));
    for (const record of book.all()) if (record.garbage.length > 0) await collect(record).catch(() => {});
  };
}
