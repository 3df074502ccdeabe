import type { Pack, PackEntry, PackName } from '../store/pack';

/** `soon`: a page waits. `patiently`: work that no page waits for gives a busy disk more time. */
export type Wait = 'soon' | 'patiently';

/** Reads the body of an entry, in whichever pack it is. Resolves with undefined if it is damaged, or gone. */
export type BodyReader = (pack: Pack, entry: PackEntry) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** Reads a pack. */
type Get = (name: PackName, wait?: Wait) => Promise<Pack | undefined>;

/** One read of a whole pack takes less time than a read for each of so many bodies. */
const MANY = 4;

/** Finds the pack that has the body, and its entry there. */
export async function sourceOf(
  get: Get,
  pack: Pack,
  entry: PackEntry,
  wait?: Wait,
): Promise<[Pack, PackEntry] | undefined> {
  if (!entry.from) return [pack, entry];
  const other = await get(entry.from, wait);
  const found = other?.entries.get(entry.key);
  return found?.crc === entry.crc && found.length === entry.length ? [other!, found] : undefined;
}

/** Creates a reader of many bodies: it reads a pack whole from its `many`th body on. */
export function createBodyReader(get: Get, many = MANY): BodyReader {
  const reads = new Map<Pack, { count: number; whole?: ReturnType<Pack['bodies']> }>();
  return async (pack, entry) => {
    const [other, found] = (await sourceOf(get, pack, entry)) ?? [];
    if (!found) return undefined;
    const read = reads.get(other!) ?? { count: 0 };
    reads.set(other!, read);
    read.count += 1;
    return read.count < many ? other!.body(found) : (await (read.whole ??= other!.bodies()))(found);
  };
}
