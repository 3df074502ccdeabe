import type { Subject } from '../ledger/subject';
import type { Timers } from '../util/deadline';
import type { Patiently, Tile } from '../store/tile-store';
import type { KeptTile, KeptTiles } from '../lookup/kept';
import { entryTile } from './entry-tile';
import { createNotes, isNews } from './notes';
import type { Pack, PackEntry, PackName } from '../store/pack';
import { createPackLookup } from './pack-lookup';
import type { PackStore, Wait } from './pack-store';
import { createRecordReading } from './record-reading';
import type { RegionRecord, Records } from './records';

/** The regions in memory: a tile request reads them without a wait. */
export interface Book extends KeptTiles {
  /** Reads the regions, once. Never rejects. */
  load(): Promise<void>;
  all(): RegionRecord[];
  get(id: string): RegionRecord | undefined;
  /**
   * Writes a record: first makes it durable, then puts it in force. `spent` names the block whose staged tiles are in a
   * pack now.
   */
  put(record: RegionRecord, spent?: string): Promise<void>;
  /** Removes a region from the database and from the notes beside the packs. */
  remove(id: string): Promise<void>;
  /** Like `find`, with the pack that holds the tile. */
  locate(subject: Subject, key: string): Promise<Located | undefined>;
  /** Marks a request that only asks whether a tile is there: `find` reads no body for it. */
  peek(request: Request): void;
  /** `Accept` as pages send it for this layer. */
  accept(layer: string): string | undefined;
  /** True once the database was read: a region that is not in it does not exist. Until then nothing is written. */
  readonly sound: boolean;
}

export interface Located extends KeptTile {
  region: string;
  name: PackName;
  entry: PackEntry;
}

/** True if the first of two tiles that regions hold is the answer. */
type IsBetter = (tile: Tile, other: Tile, subject: Subject) => boolean;

/** `missed`: called when a tile was looked for in a pack that is not there. */
export function createBook(
  records: Records,
  packs: PackStore,
  origin: string,
  timers: Timers,
  missed: () => void,
  isBetter: IsBetter,
): Book {
  let regions = new Map<string, RegionRecord>();
  const accepts = new Map<string, string>();
  const peeks = new WeakSet<object>();
  const notes = createNotes(packs, origin);
  const { arrange, namesFor } = createPackLookup(origin);
  const take = (all: readonly RegionRecord[]) => {
    regions = new Map(all.map((record) => [record.id, record]));
    arrange(all);
  };
  const reading = createRecordReading(records, notes, timers, take);

  const locate = async (
    subject: Subject,
    key: string,
    { peeks = false, patiently }: { peeks?: boolean; patiently?: Patiently | undefined } = {},
  ): Promise<Located | undefined> => {
    const wait = patiently ?? 'soon';
    if (!reading.loaded) await reading.soon();
    if (patiently && !reading.sound) await reading.patiently();
    let best: Located | undefined;
    for (const { region, name } of namesFor(subject)) {
      const pack = await packs.get(name, wait).catch(() => null);
      if (pack === undefined) missed();
      const entry = pack?.entries.get(key);
      const tile = entry && entryTile(entry, name.cacheName);
      if (!pack || !tile || (best && !isBetter(tile, best.tile, subject))) continue;
      best = { region, name, entry, tile, read: () => readEntry(packs, pack, entry, tile, peeks, wait) };
    }
    return best;
  };

  const mustBeSound = () => {
    if (!reading.sound) throw new Error('the records cannot be read');
  };

  const book: Book = {
    load: reading.load,
    get sound() {
      return reading.sound;
    },
    all: () => [...regions.values()],
    get: (id) => regions.get(id),
    async put(record, spent) {
      // The notes may be older.
      mustBeSound();
      await records.put(record, spent);
      const before = regions.get(record.id);
      regions.set(record.id, record);
      if (before?.edition !== record.edition) arrange(regions.values());
      // The database has the record: the note matters only if the database is lost.
      if (isNews(before, record)) await notes.write(record).catch(() => {});
    },
    async remove(id) {
      mustBeSound();
      await notes.erase(id);
      await records.remove(id);
      regions.delete(id);
      arrange(regions.values());
    },
    find(subject, key, request, patiently) {
      noteAccept(accepts, subject.layer.name, request.headers.get('accept'));
      if (reading.loaded && (reading.sound || !patiently) && namesFor(subject).length === 0) return undefined;
      return locate(subject, key, { peeks: peeks.has(request), patiently });
    },
    peek: (request) => void peeks.add(request),
    locate: (subject, key) => locate(subject, key),
    accept: (layer) => accepts.get(layer),
  };
  return book;
}

function noteAccept(accepts: Map<string, string>, layer: string, accept: string | null): void {
  if (!accept || accepts.get(layer) === accept) return;
  if (accepts.size > 1000) accepts.clear();
  accepts.set(layer, accept);
}

/** Reads the tile of an entry: without its body for a request that only asks whether it is there. */
async function readEntry(packs: PackStore, pack: Pack, entry: PackEntry, tile: Tile, peeks: boolean, wait: Wait) {
  if (peeks) return (await packs.holds(pack, entry, wait).catch(() => false)) ? tile : undefined;
  const bytes = await packs.body(pack, entry, wait).catch(() => undefined);
  return bytes && { ...tile, blob: new Blob([bytes]) };
}
