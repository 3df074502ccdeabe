import { type Timers, within } from '../util/deadline';
import { createDoor } from '../store/door';
import type { Notes } from './notes';
import type { RegionRecord, Records } from './records';

/** Milliseconds that a tile request waits for the records of regions. */
const LOAD_MS = 1000;
/** Milliseconds for the database: a page that asks for a list gets an answer before the page gives up. */
const DATABASE_MS = 4000;
/** Milliseconds for a read when there is nothing else to show. */
const PATIENT_MS = 10_000;

/** The reading of all regions' records. */
export interface RecordReading {
  /** Reads the records, once. If the database does not answer, takes the notes beside the packs. Never rejects. */
  load(): Promise<void>;
  /** Waits for the records as long as a tile request may. A database that hangs costs one wait, not one per tile. */
  soon(): Promise<void>;
  /** Waits longer for the database. Never rejects. */
  patiently(): Promise<void>;
  /** True once the records or the notes were read, or once a tile request has waited in vain. */
  readonly loaded: boolean;
  /** True once the database itself was read. */
  readonly sound: boolean;
}

/** Creates the reading. It passes the records to `take`. */
export function createRecordReading(
  records: Records,
  notes: Notes,
  timers: Timers,
  take: (all: readonly RegionRecord[]) => void,
): RecordReading {
  const patientDoor = createDoor(PATIENT_MS, timers);
  let loading: Promise<void> | undefined;
  let loaded = false;
  let sound = false;

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

  const load = () => (loading ??= read());
  return {
    load,
    async soon() {
      await within(load(), LOAD_MS, timers).catch(() => (loaded = true));
    },
    async patiently() {
      await patientDoor.through(load).catch(() => {});
    },
    get loaded() {
      return loaded;
    },
    get sound() {
      return sound;
    },
  };
}
