import { type Area, createArea } from '../../src/shared/area';
import { boundsHold, tileBounds } from '../../src/shared/tile-math';
import type { Subject } from '../ledger/subject';
import { type Timers, within } from '../util/deadline';
import { decodeMeta } from '../store/tile-meta';
import { createDoor } from '../store/door';
import type { Patiently, Tile } from '../store/tile-store';
import type { KeptTile, KeptTiles } from '../lookup/kept';
import { blockOf, generationOf, packPath } from './blocks';
import type { PackEntry, PackName } from './pack';
import { createNotes, isNews } from './notes';
import type { PackStore } from './pack-store';
import type { Edition, RegionRecord, Records } from './records';

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

/** Milliseconds that a tile request waits for the records of regions. */
const LOAD_MS = 1000;
/** Milliseconds for the database: a page that asks for a list gets an answer before the page gives up. */
const DATABASE_MS = 4000;
/** Milliseconds for a read when there is nothing else to show. */
const PATIENT_MS = 10_000;

interface Holder {
  region: string;
  edition: Edition;
  index: number;
  area: Area;
}

export function createBook(records: Records, packs: PackStore, origin: string, timers: Timers): Book {
  let regions = new Map<string, RegionRecord>();
  let byLayer = new Map<string, Holder[]>();
  const accepts = new Map<string, string>();
  const peeks = new WeakSet<object>();
  const notes = createNotes(packs, origin);
  const patientDoor = createDoor(PATIENT_MS, timers);
  let loading: Promise<void> | undefined;
  let loaded = false;
  let sound = false;

  const arrange = () => {
    byLayer = new Map();
    const add = (layer: string, holder: Holder) => byLayer.set(layer, [...(byLayer.get(layer) ?? []), holder]);
    for (const { id, edition } of regions.values()) {
      if (!edition) continue;
      const area = createArea(edition.spec.bounds);
      edition.layers.forEach(({ layer }, index) => add(layer, { region: id, edition, index, area }));
      for (const { layer } of edition.assets)
        if (!edition.layers.some((own) => own.layer === layer)) add(layer, { region: id, edition, index: -1, area });
    }
  };

  /** Returns the packs that may hold the tile. */
  const namesFor = ({ layer, tile, partition }: Subject): Array<{ region: string; name: PackName }> => {
    const names: Array<{ region: string; name: PackName }> = [];
    for (const { region, edition, index, area } of byLayer.get(layer.name) ?? []) {
      if (!tile) {
        // The fourth part of a cache's name is the partition.
        for (const { layer: name, cacheName, generation } of edition.assets)
          if (name === layer.name && (cacheName.split(':')[3] ?? '') === partition)
            names.push({ region, name: { cacheName, path: packPath(origin, generation, 'assets') } });
        continue;
      }
      const saved = edition.layers[index];
      if (!saved || 'crs' in tile || saved.partition !== partition) continue;
      const [min, max] = edition.spec.zooms;
      if (tile.z < min || tile.z > max) continue;
      if (!area.boxes.some((box) => boundsHold(tileBounds(box, tile.z), tile))) continue;
      const block = blockOf(tile);
      const generation = generationOf(edition.blocks[index]!, block);
      names.push({ region, name: { cacheName: saved.cacheName, path: packPath(origin, generation, block) } });
    }
    return names;
  };

  const locate = async (
    subject: Subject,
    key: string,
    { peeks = false, patiently }: { peeks?: boolean; patiently?: Patiently | undefined } = {},
  ): Promise<Located | undefined> => {
    // A database that hangs costs one wait, not one wait per tile.
    const wait = patiently ?? 'soon';
    if (!loaded) await within(book.load(), LOAD_MS, timers).catch(() => (loaded = true));
    if (!sound && patiently) await patientDoor.through(book.load).catch(() => {});
    let best: Located | undefined;
    for (const { region, name } of namesFor(subject)) {
      const pack = await packs.get(name, wait).catch(() => undefined);
      const entry = pack?.entries.get(key);
      const tile = entry && tileOf(entry, name.cacheName);
      if (!pack || !tile || (best && best.tile.requestAt >= tile.requestAt)) continue;
      const read = async (): Promise<Tile | undefined> => {
        if (peeks) return (await packs.holds(pack, entry, wait).catch(() => false)) ? tile : undefined;
        const bytes = await packs.body(pack, entry, wait).catch(() => undefined);
        return bytes && { ...tile, blob: new Blob([bytes]) };
      };
      best = { region, name, entry, tile, read };
    }
    return best;
  };

  const take = (all: readonly RegionRecord[]) => {
    regions = new Map(all.map((record) => [record.id, record]));
    arrange();
  };

  const readAll = async (): Promise<RegionRecord[]> => {
    const all = await records.all();
    if (all.length > 0) return all;
    // There is no region, or the database is lost: then the packs exist without it.
    const noted = await notes.read();
    for (const record of noted) await records.put(record);
    return noted;
  };

  const read = async () => {
    const reading = readAll().then((all) => {
      if (!sound) take(all);
      sound = true;
    });
    try {
      await within(reading, DATABASE_MS, timers);
    } catch {
      // The next call for regions tries again; until then the notes have to do.
      const noted = await notes.read().catch(() => undefined);
      if (noted && !sound) take(noted.map((record) => ({ ...record, garbage: [] })));
      if (!sound) loading = undefined;
    }
    loaded = true;
  };

  const mustBeSound = () => {
    if (!sound) throw new Error('the records cannot be read');
  };

  const book: Book = {
    load: () => (loading ??= read()),
    get sound() {
      return sound;
    },
    all: () => [...regions.values()],
    get: (id) => regions.get(id),
    async put(record, spent) {
      // The notes may be older.
      mustBeSound();
      await records.put(record, spent);
      const before = regions.get(record.id);
      regions.set(record.id, record);
      if (before?.edition !== record.edition) arrange();
      // The database has the record: the note matters only if the database is lost.
      if (isNews(before, record)) await notes.write(record).catch(() => {});
    },
    async remove(id) {
      mustBeSound();
      await notes.erase(id);
      await records.remove(id);
      regions.delete(id);
      arrange();
    },
    find(subject, key, request, patiently) {
      const accept = request.headers.get('accept');
      if (accept && accepts.get(subject.layer.name) !== accept) {
        if (accepts.size > 1000) accepts.clear();
        accepts.set(subject.layer.name, accept);
      }
      if (loaded && (sound || !patiently) && namesFor(subject).length === 0) return undefined;
      return locate(subject, key, { peeks: peeks.has(request), patiently });
    },
    peek: (request) => void peeks.add(request),
    locate: (subject, key) => locate(subject, key),
    accept: (layer) => accepts.get(layer),
  };
  return book;
}

/** Returns undefined for an entry that another release wrote. */
function tileOf({ key, status, headers, meta: written }: PackEntry, cacheName: string): Tile | undefined {
  const meta = decodeMeta(written);
  if (!meta) return undefined;
  const { requestAt, responseAt, clockAhead } = meta;
  const own = {
    status,
    headers: new Headers(headers),
    requestAt,
    responseAt,
    meta,
    cacheName,
    key,
    kept: true as const,
  };
  return clockAhead ? { ...own, clockAhead } : own;
}
export { tileOf as entryTile };
