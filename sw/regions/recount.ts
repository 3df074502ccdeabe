import { blockIn, packsOf, packsOfDraft } from './blocks';
import type { FillTools } from './fill-tools';
import type { Job } from './job';
import type { Grown } from './lend-pack';
import { packId, type PackName } from '../store/pack';
import type { RegionRecord } from './records';

/**
 * Counts the bodies that regions have taken over from another one. Takes the turn of each: call it outside every other
 * turn, or two regions could wait for each other. Never rejects.
 */
export async function recount(
  grown: readonly Grown[],
  { book, alone, origin }: Pick<FillTools, 'book'> & Pick<Job, 'alone'> & { origin: string },
): Promise<void> {
  for (const id of new Set(grown.map(({ region }) => region)))
    await alone(id, async () => {
      const record = book.get(id);
      const own = grown.filter(({ region }) => region === id);
      if (record) await book.put(withGrown(record, own, origin));
      // Then only the number is wrong.
    }).catch(() => {});
}

function withGrown(record: RegionRecord, grown: readonly Grown[], origin: string): RegionRecord {
  const { edition, draft } = record;
  const inForce = edition ? packsOf(edition, origin) : [];
  const ofDraft = packsOfDraft(record, origin);
  const placeOf = (pack: PackName) => `${pack.cacheName} ${blockIn(pack)}`;
  const replaced = new Set(ofDraft.map(placeOf));
  // The draft takes along the packs in force that it has not replaced.
  const ofNext = [...ofDraft, ...inForce.filter((pack) => !replaced.has(placeOf(pack)))];
  const sumIn = (packs: readonly PackName[]) => {
    const ids = new Set(packs.map(packId));
    return grown.reduce((sum, { pack, bytes }) => sum + (ids.has(packId(pack)) ? bytes : 0), 0);
  };
  return {
    ...record,
    ...(edition && { edition: { ...edition, stored: edition.stored + sumIn(inForce) } }),
    ...(draft && { draft: { ...draft, stored: draft.stored + sumIn(ofNext) } }),
  };
}
