import { isRecord } from '../../src/shared/validate';
import { packsOf } from './blocks';
import { packId } from '../store/pack';
import type { PackStore } from './pack-store';
import type { RegionRecord } from './records';

/** Notes about regions beside their packs, because a browser may lose a site's databases and keep its caches. */
export interface Notes {
  /** Writes a note about a region. Rejects when the browser does. */
  write(record: RegionRecord): Promise<void>;
  /** Erases the note. Called before a region is removed, so that packs left behind by a stop are no region any more. */
  erase(id: string): Promise<void>;
  /** Reads the regions as last noted; work that was in progress begins anew. */
  read(): Promise<RegionRecord[]>;
}

const FORMAT = 1;

/** True if a record differs in a field that is noted. */
export const isNews = (before: RegionRecord | undefined, record: RegionRecord): boolean =>
  before?.edition !== record.edition ||
  before?.spec !== record.spec ||
  before?.paused !== record.paused ||
  before?.draft?.number !== record.draft?.number;

/** Returns the names of the caches that hold packs of a region, whatever its record says. */
export const cachesOfRegion = (names: readonly string[], id: string): string[] =>
  names.filter((name) => name.split(':').at(-1) === encodeURIComponent(id));

export function createNotes(packs: PackStore, origin: string): Notes {
  const path = `${origin}/__stc/region`;

  /** Deletes the packs that are not in force, except those of a first draft: they count as staged. */
  const asFound = async (record: RegionRecord): Promise<RegionRecord> => {
    const { id, edition, last } = record;
    const found: Array<{ cacheName: string; path: string; generation: number }> = [];
    for (const cacheName of cachesOfRegion(await packs.list(), id))
      for (const path of await packs.paths(cacheName)) {
        const generation = Number(/\/__stc\/pack\/(\d+)\//.exec(path)?.[1]);
        if (generation > 0) found.push({ cacheName, path, generation });
      }
    const newest = found.reduce((most, { generation }) => Math.max(most, generation), 0);
    const used = new Set(edition && packsOf(edition, origin).map(packId));
    const isGarbage = (pack: (typeof found)[number]) =>
      edition ? !used.has(packId(pack)) : pack.generation < Math.max(newest, last);
    return {
      ...record,
      // Do not reuse a number whose packs are garbage.
      last: edition ? Math.max(last, newest) : Math.max(last, newest, 1) - 1,
      garbage: found.filter(isGarbage).map(({ cacheName, path }) => ({ cacheName, path })),
    };
  };

  return {
    async write({ draft: _, garbage: __, ...record }) {
      await packs.note(record.layers[0]!.cacheName, path, { format: FORMAT, record });
    },
    async erase(id) {
      const names = cachesOfRegion(await packs.list(), id);
      await packs.remove(names.map((cacheName) => ({ cacheName, path })));
    },
    async read() {
      const noted = new Map<string, RegionRecord>();
      for (const name of await packs.list()) {
        const note = await packs.note(name, path);
        if (!isRecord(note) || note['format'] !== FORMAT || !isRecord(note['record'])) continue;
        const record = note['record'] as unknown as RegionRecord;
        if (cachesOfRegion([name], record.id).length === 0) continue;
        const other = noted.get(record.id);
        if (!other || other.last < record.last) noted.set(record.id, record);
      }
      return Promise.all([...noted.values()].map(asFound));
    },
  };
}
