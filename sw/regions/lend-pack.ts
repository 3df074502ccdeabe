import { blockIn, packsOf, packsOfDraft } from './blocks';
import type { FillTools } from './fill-tools';
import type { PackItem, PackName } from '../store/pack';

type LendTools = Pick<FillTools, 'book' | 'packs'> & { origin: string };

/** A pack that has grown by so many bytes, perhaps less than none, and its region. */
export interface Grown {
  region: string;
  pack: PackName;
  bytes: number;
}

/** Makes the borrowers of a pack take its bodies over before the pack is deleted. Resolves with the packs that have grown. */
export async function lendPack(
  { book, packs, origin }: LendTools,
  name: PackName,
  owner: string,
  over: ReadonlySet<string> = new Set(),
): Promise<Grown[]> {
  const block = blockIn(name);
  const grown: Grown[] = [];
  for (const record of book.all()) {
    if (record.id === owner || over.has(record.id) || !record.borrows.includes(owner)) continue;
    const { edition } = record;
    const own = [...(edition ? packsOf(edition, origin) : []), ...packsOfDraft(record, origin)];
    for (const pack of own)
      if (blockIn(pack) === block) {
        const bytes = await absorb(packs, pack, name);
        if (bytes !== 0) grown.push({ region: record.id, pack, bytes });
      }
  }
  return grown;
}

/** Writes a pack anew with the bodies that it borrowed from another one. Resolves with the bytes by which it has grown. */
async function absorb(packs: LendTools['packs'], name: PackName, from: PackName): Promise<number> {
  const pack = await packs.get(name);
  if (!pack) return 0;
  const isFrom = (other: PackName | undefined) => other?.cacheName === from.cacheName && other.path === from.path;
  if (![...pack.entries.values()].some((entry) => isFrom(entry.from))) return 0;
  const items: PackItem[] = [];
  const read = packs.bodies();
  for (const entry of pack.entries.values()) {
    const { key, status, headers, meta, length, crc, missedAt } = entry;
    const rest = { key, status, headers, meta, ...(missedAt !== undefined && { missedAt }) };
    if (entry.from && !isFrom(entry.from)) items.push({ ...rest, body: { from: entry.from, length, crc } });
    else {
      const body = await read(pack, entry);
      // A damaged body is no loss: the worker would not have answered with it.
      if (body) items.push({ ...rest, body });
    }
  }
  return (await packs.write(name, items)) - pack.size;
}
