import { type Pack, type PackName, packId } from '../store/pack';

/** A pack that is being opened, or is open. */
interface Held {
  reading: Promise<Pack | undefined>;
  pack?: Pack | undefined;
}

/** Keeps the tables of the packs that were used lately in memory. */
export interface OpenPacks {
  /** Returns a pack, and begins to read it if it is not there. */
  get(name: PackName): Held;
  forget(name: PackName): void;
  /** Forgets all packs of a cache. */
  forgetCache(cacheName: string): void;
}

/** Packs whose tables are in memory: a table of 256 tiles takes some 100 KB. */
const MAX_OPEN = 32;

/** `read` resolves with undefined if there is no such pack. */
export function createOpenPacks(read: (name: PackName) => Promise<Pack | undefined>): OpenPacks {
  const open = new Map<string, Held>();
  return {
    get(name) {
      const id = packId(name);
      let held = open.get(id);
      if (held) open.delete(id);
      else {
        const opened: Held = (held = { reading: read(name) });
        // A missing pack may be written at any moment.
        const forget = () => open.get(id) === opened && open.delete(id);
        opened.reading.then((found) => (opened.pack = found) ?? forget(), forget);
      }
      open.set(id, held);
      if (open.size > MAX_OPEN) open.delete(open.keys().next().value as string);
      return held;
    },
    forget: (name) => void open.delete(packId(name)),
    forgetCache(cacheName) {
      for (const id of open.keys()) if (id.startsWith(`${cacheName} `)) open.delete(id);
    },
  };
}
