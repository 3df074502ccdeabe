import type { KeptPack } from '../lookup/kept';
import { parseCacheName } from '../store/cache-name';
import { packsOf } from './blocks';
import type { Book } from './book';
import { entryTile } from './entry-tile';
import type { PackStore } from './pack-store';

/** The packs of all editions in force from the `from`th on, region by region; those of other layers stay closed. */
export async function* listPacks(
  { book, packs, origin }: { book: Book; packs: PackStore; origin: string },
  layer: string | undefined,
  from: number,
): AsyncGenerator<KeptPack> {
  await book.load();
  const names = [...book.all()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap(({ id, edition }) => (edition ? packsOf(edition, origin).map((name) => ({ region: id, name })) : []));
  for (const [at, { region, name }] of names.entries()) {
    // The region's name follows the name of the layer's cache.
    const of = parseCacheName(name.cacheName.split(':').slice(0, 4).join(':'))?.layer ?? '';
    if (at < from || (layer !== undefined && of !== layer)) continue;
    const pack = await packs.get(name).catch(() => undefined);
    const entries = [...(pack?.entries.values() ?? [])].flatMap((entry) => {
      const tile = entryTile(entry, name.cacheName);
      return tile ? [{ key: entry.key, bytes: entry.length, tile }] : [];
    });
    yield { at, region, layer: of, entries };
  }
}
