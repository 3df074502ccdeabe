import { isRecord } from '../../src/shared/validate';
import { packsOf } from './blocks';
import { packId } from './pack';
import type { PackStore } from './pack-store';
import type { RegionRecord } from './records';

/** What a region is, noted beside its packs: a browser may lose the databases of a site and keep its caches. */
export interface Notes {
  /** Rejects when the browser does. */
  write(record: RegionRecord): Promise<void>;
  /** Before a region is removed: what a stop leaves of its packs is no region any more. */
  erase(id: string): Promise<void>;
  /** Regions as they were when they were noted last; what was on its way is begun anew. */
  read(): Promise<RegionRecord[]>;
}

const FORMAT = 1;

/** True where a record differs in what is noted. */
export const isNews = (before: RegionRecord | undefined, record: RegionRecord): boolean =>
  before?.edition !== record.edition ||
  before?.spec !== record.spec ||
  before?.paused !== record.paused ||
  before?.draft?.number !== record.draft?.number;

/** Names of the caches that hold packs of a region, whatever its record says. */
export const cachesOfRegion = (names: readonly string[], id: string): string[] =>
  names.filter((name) => name.split(':').at(-1) === encodeURIComponent(id));

export function createNotes(packs: PackStore, origin: string): Notes {
  const path = `${origin}/__stc/region`;

  /** Whatever of its packs is not in force goes, but for those of a first draft: they count as staged. */
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
      // A number whose packs are garbage is not used again.
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
