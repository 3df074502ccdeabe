import { blockIn, packsOf, packsOfDraft } from './blocks';
import type { FillTools } from './fill-tools';
import type { PackItem, PackName } from '../store/pack';

type LendTools = Pick<FillTools, 'book' | 'packs'> & { origin: string };

/** Makes the borrowers of a pack take its bodies over before the pack is deleted. */
export async function lendPack(
  { book, packs, origin }: LendTools,
  name: PackName,
  owner: string,
  over: ReadonlySet<string> = new Set(),
): Promise<void> {
  const block = blockIn(name);
  for (const record of book.all()) {
    if (record.id === owner || over.has(record.id) || !record.borrows.includes(owner)) continue;
    const { edition } = record;
    const own = [...(edition ? packsOf(edition, origin) : []), ...packsOfDraft(record, origin)];
    for (const pack of own) if (blockIn(pack) === block) await absorb(packs, pack, name);
  }
}

/** Writes a pack anew with the bodies that it borrowed from another one. */
async function absorb(packs: LendTools['packs'], name: PackName, from: PackName): Promise<void> {
  const pack = await packs.get(name);
  if (!pack) return;
  const isFrom = (other: PackName | undefined) => other?.cacheName === from.cacheName && other.path === from.path;
  if (![...pack.entries.values()].some((entry) => isFrom(entry.from))) return;
  const items: PackItem[] = [];
  for (const entry of pack.entries.values()) {
    const { key, status, headers, meta, length, crc } = entry;
    const rest = { key, status, headers, meta };
    if (entry.from && !isFrom(entry.from)) items.push({ ...rest, body: { from: entry.from, length, crc } });
    else {
      const body = await packs.body(pack, entry);
      // A damaged body is no loss: the worker would not have answered with it.
      if (body) items.push({ ...rest, body });
    }
  }
  await packs.write(name, items);
}
