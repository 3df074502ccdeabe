import type { FailedTile } from '../../src/shared/regions';
import { blockOf, blocksOf, packPath, packsOf, packsOfDraft } from './blocks';
import type { FillTools } from './fill-tools';
import type { Job } from './job';
import { letGo } from './let-go';
import { cachesOfRegion } from './notes';
import { packId, type PackItem, type PackName } from './pack';
import type { RegionRecord } from './records';

/** Frees storage, and cleans up what stopped workers have left behind. */
export interface Space {
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
  /** Deletes packs that nothing refers to, and notices packs that the browser has deleted. */
  tidy(): Promise<void>;
}

export function createSpace(
  tools: Pick<FillTools, 'book' | 'packs' | 'estimate' | 'records' | 'sleep'> & {
    origin: string;
    lost: (record: RegionRecord) => void;
    alone: Job['alone'];
  },
): Space {
  const { book, packs, records, origin } = tools;
  let checked: Promise<void> | undefined;

  /** Makes the borrowers of a pack take its bodies over before the pack is deleted. */
  const lendPack = async (name: PackName, owner: string, over: ReadonlySet<string> = new Set()) => {
    const block = name.path.split('/').slice(6).join('/');
    for (const record of book.all()) {
      if (record.id === owner || over.has(record.id) || !record.borrows.includes(owner)) continue;
      const { edition, draft } = record;
      const own = [
        ...(edition ? packsOf(edition, origin).filter((pack) => pack.block === block) : []),
        ...(draft
          ? record.layers.map(({ cacheName }) => ({ cacheName, path: packPath(origin, draft.number, block) }))
          : []),
      ];
      for (const pack of own) await absorb(pack, name);
    }
  };

  /** Writes a pack anew with the bodies that it borrowed from another one. */
  const absorb = async (name: PackName, from: PackName) => {
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
  };

  const collect = async (record: RegionRecord) => {
    for (const name of record.garbage) await lendPack(name, record.id);
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
        const { garbage, ...rest } = await space.dropDraft(before);
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
      await space.lendOut(id, () => false, new Set());
      // The region is gone from here on; `tidy` finds whatever a stop leaves behind.
      await book.remove(id);
      const others = cachesOfRegion(await packs.list(), id);
      for (const name of new Set([...cachesOf(record), ...others])) await packs.drop(name);
      letGo(tools);
    },
    async lendOut(id, isGone, over) {
      const edition = book.get(id)?.edition;
      const borrowed = book.all().some((other) => other.id !== id && other.borrows.includes(id));
      if (!borrowed || !edition) return;
      for (const { cacheName, path } of packsOf(edition, origin))
        if (!isGone(cacheName)) await lendPack({ cacheName, path }, id, over);
    },
    ordinalsOf({ spec, layers }, failed) {
      const names = new Set(failed.flatMap(({ layer, tile }) => (tile ? [`${layer} ${blockOf(tile)}`] : [])));
      return blocksOf(spec, layers.length).flatMap(({ layer, name }, i) =>
        names.has(`${layers[layer]!.layer} ${name}`) ? [i] : [],
      );
    },
    async tidy() {
      await book.load();
      await (checked ??= look().catch(() => void (checked = undefined)));
      for (const record of book.all()) if (record.garbage.length > 0) await collect(record).catch(() => {});
    },
  };
  return space;
}

export const cachesOf = ({ layers, edition, draft }: RegionRecord) => [
  ...new Set(
    [...layers, ...(edition?.layers ?? []), ...(edition?.assets ?? []), ...(draft?.assets ?? [])].map(
      ({ cacheName }) => cacheName,
    ),
  ),
];
