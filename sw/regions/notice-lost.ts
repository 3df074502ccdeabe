import { cachesOf, isPackPath, packsOf } from './blocks';
import { beginDraft } from './draft';
import type { RegionRecord } from './records';
import type { TidyTools } from './tidy-tools';

/**
 * The caches of regions that are there; true if they hold packs. A read of a deleted cache creates it anew, without any.
 */
type Present = ReadonlyMap<string, boolean>;

/**
 * Creates the function that notices regions whose packs the browser or a page has deleted, and reports them as lost. A
 * first download begins anew. It rejects when the browser does.
 */
export function createNoticing(
  tools: TidyTools,
  dropDraft: (record: RegionRecord) => Promise<RegionRecord>,
): () => Promise<void> {
  const { book, packs, origin } = tools;

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

  return async () => {
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
