import { cachesOf, isPackPath, packsOf } from './blocks';
import { beginDraft } from './draft';
import type { FillTools } from './fill-tools';
import type { Job } from './job';
import { type Grown, lendPack } from './lend-pack';
import { letGo } from './let-go';
import { packId } from '../store/pack';
import { recount } from './recount';
import type { RegionRecord } from './records';

/** The parts of regions that tidying needs. */
export type TidyTools = Pick<FillTools, 'book' | 'packs' | 'sleep' | 'lending' | 'ledger' | 'now'> & {
  origin: string;
  /** Reports a region that the browser has deleted. */
  lost: (record: RegionRecord) => void;
  alone: Job['alone'];
};

/**
 * The caches of regions that are there; true if they hold packs. A read of a deleted cache creates it anew, without any.
 */
type Present = ReadonlyMap<string, boolean>;

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
  const { book, packs, origin } = tools;
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

  /** Reports a region that is no longer whole; the next slice downloads it again. */
  const lose = async (record: RegionRecord, present: Present) => {
    const { edition, ...before } = record;
    const { garbage, ...rest } = await dropDraft(before);
    // The packs of layers that are still there belong to no edition any more.
    const left = [...garbage, ...(edition ? packsOf(edition, origin) : [])].filter(({ cacheName }) =>
      present.has(cacheName),
    );
    const after: RegionRecord = { ...rest, garbage: left, ...(edition && { lost: true }) };
    await book.put(after);
    if (edition) tools.lost(after);
  };

  /** Makes a region look for the bodies that it had borrowed, and request those that are gone. */
  const lookAgain = (id: string) =>
    tools.alone(id, async () => {
      const [record, { state }] = [book.get(id), tools.ledger];
      if (state && record?.edition && !record.draft) await book.put(beginDraft(record, 'ruled', state, tools.now()));
    });

  const present = async (): Promise<Present> => {
    const needed = new Set(book.all().flatMap(cachesOf));
    const found = new Map<string, boolean>();
    for (const name of await packs.list())
      if (needed.has(name)) found.set(name, (await packs.paths(name)).some(isPackPath));
    return found;
  };

  const noticeLost = async () => {
    await book.load();
    if (!book.sound) throw new Error('the records cannot be read');
    const before = await present();
    for (const record of book.all()) {
      if (!isLost(record, before)) continue;
      const isGone = await tools.alone(record.id, async () => {
        // A slice may have written packs in the meantime.
        const [now, latest] = [await present(), book.get(record.id)];
        if (!latest || !isLost(latest, now)) return false;
        await lose(latest, now);
        return true;
      });
      // Outside the turn: two regions that borrow from each other would wait for each other.
      const borrowers = isGone ? book.all().filter(({ borrows }) => borrows.includes(record.id)) : [];
      for (const { id } of borrowers) await lookAgain(id);
    }
  };

  const tidy = async () => {
    await book.load();
    await (checked ??= dropUnknown().catch(() => void (checked = undefined)));
    await noticeLost().catch(() => {});
    for (const record of book.all()) if (record.garbage.length > 0) await collect(record).catch(() => {});
  };
  return { tidy, noticeLost };
}

/** True if a cache that held packs of the region holds none, of its edition in force or of the one in progress. */
function isLost({ edition, draft, layers }: RegionRecord, present: Present): boolean {
  const written = layers.filter((_, i) => Object.keys(draft?.changed[i] ?? {}).length > 0);
  const assets = edition?.assets.filter(({ generation }) => generation > 0) ?? [];
  const isEmpty = ({ cacheName }: { cacheName: string }) => !present.get(cacheName);
  if ([...written, ...assets].some(isEmpty)) return true;
  if (!edition || edition.tiles === 0) return false;
  // A layer of which everything failed may have no packs.
  const failed = new Set(edition.failed.map(({ layer }) => layer));
  return edition.layers.some((one) => (failed.has(one.layer) ? !present.has(one.cacheName) : isEmpty(one)));
}
