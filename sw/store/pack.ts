import { crc32 } from './crc32';
import { createPackBodies, type Pieces } from './pack-bodies';
import { sameBytes } from './stored-bytes';

/** A row of a pack's table: a tile without its body. */
export interface PackEntry {
  key: string;
  status: number;
  headers: Array<[name: string, value: string]>;
  /** As `encodeMeta` writes it. */
  meta: string;
  /** Bytes of the body. */
  length: number;
  /** Checksum of the body. */
  crc: number;
  /** Where the body begins, in bytes from the start of all bodies; absent if another pack has the body. */
  offset?: number;
  /** The pack that has the body, under the same key. */
  from?: PackName;
  /** Epoch milliseconds at which the origin said for the first time that there is no such tile any more. */
  missedAt?: number;
}

/** The place of a pack. */
export interface PackName {
  cacheName: string;
  path: string;
}

/** Returns an id that is equal for two names of the same pack. */
export const packId = ({ cacheName, path }: PackName): string => `${cacheName} ${path}`;

/** What goes into a pack. */
export interface PackItem {
  key: string;
  status: number;
  headers: Array<[name: string, value: string]>;
  meta: string;
  /** The body, or the pack that has it already. */
  body: Uint8Array<ArrayBuffer> | { from: PackName; length: number; crc: number };
  /** As in `PackEntry`. */
  missedAt?: number;
}

/** Returns the bytes of the bodies that go into this pack; those in other packs stay there. */
export const bytesIn = (items: readonly PackItem[]): number =>
  items.reduce((sum, { body }) => sum + (body instanceof Uint8Array ? body.length : 0), 0);

/** An opened pack: its table is in memory, its bodies stay in the Blob. */
export interface Pack {
  entries: ReadonlyMap<string, PackEntry>;
  /** Reads and checks a body. Resolves with undefined if it is not whole, or is in another pack. */
  body(entry: PackEntry): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Like `body`, but reads all bodies at once. */
  bodies(): Promise<(entry: PackEntry) => Uint8Array<ArrayBuffer> | undefined>;
  /** Bytes of the whole pack. */
  readonly size: number;
}

/** `STCPACK` and the format's number. */
const MAGIC = Uint8Array.of(0x53, 0x54, 0x43, 0x50, 0x41, 0x43, 0x4b, 1);
/** Magic, length of the table, length of the whole, checksum of these two and the table: little endian. */
const HEAD = 20;
/** Bytes of the first read: most tables are shorter. */
const FIRST_READ = 65_536;
const MAX_TABLE = 16 * 1024 * 1024;

/**
 * One row of the table. `shared` is the number of characters that its key has in common with the key before it, and
 * `rest` is the rest of the key. The other fields follow by position.
 */
type Row = [
  shared: number,
  rest: string,
  status: number,
  lines: number[],
  meta: string,
  length: number,
  crc: number,
  offset: number,
  from?: number | null,
  missedAt?: number,
];

interface Table {
  /** Header lines, each once, because most tiles share most of them. */
  lines: Array<[string, string]>;
  from: PackName[];
  rows: Row[];
}

/**
 * Writes a pack. Equal bodies are written once. Of several items with one key the last one counts. `pieces`: Blobs that
 * have the bytes of some bodies, too.
 */
export function writePack(items: readonly PackItem[], pieces?: Pieces): Blob {
  const table: Table = { lines: [], from: [], rows: [] };
  const lineAt = new Map<string, number>();
  const fromAt = new Map<string, number>();
  const bodies = createPackBodies(pieces);
  let before = '';

  const at = <T>(index: Map<string, number>, list: T[], value: T) => {
    const id = JSON.stringify(value);
    let found = index.get(id);
    if (found === undefined) index.set(id, (found = list.push(value) - 1));
    return found;
  };

  for (const { key, status, headers, meta, body, missedAt } of new Map(
    items.map((item) => [item.key, item]),
  ).values()) {
    let shared = 0;
    while (shared < key.length && key[shared] === before[shared]) shared += 1;
    before = key;
    const lines = headers.map((line) => at(lineAt, table.lines, line));
    const rest = key.slice(shared);
    const isOwn = body instanceof Uint8Array;
    const crc = isOwn ? crc32(body) : body.crc;
    const offset = isOwn ? bodies.place(body, crc) : 0;
    const row: Row = [shared, rest, status, lines, meta, body.length, crc, offset];
    if (!isOwn) row[8] = at(fromAt, table.from, body.from);
    if (missedAt !== undefined) [row[8], row[9]] = [row[8] ?? null, missedAt];
    table.rows.push(row);
  }

  const written = new TextEncoder().encode(JSON.stringify(table));
  const head = new Uint8Array(HEAD);
  const fields = new DataView(head.buffer);
  head.set(MAGIC);
  fields.setUint32(8, written.length, true);
  fields.setUint32(12, HEAD + written.length + bodies.size(), true);
  fields.setUint32(16, crc32(written, crc32(head.subarray(8, 16))), true);
  // The browser's process takes a Blob's bytes as a whole, and an array's piece by piece from this thread.
  return new Blob([head, written, ...bodies.parts()]);
}

/** Opens a pack by reading its table alone. Resolves with undefined for bytes that are cut off, damaged or no pack. */
export async function openPack(blob: Blob): Promise<Pack | undefined> {
  const first = await bytesOf(blob.slice(0, FIRST_READ));
  if (first.length < HEAD || !sameBytes(first.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const head = new DataView(first.buffer);
  const length = head.getUint32(8, true);
  const start = HEAD + length;
  if (head.getUint32(12, true) !== blob.size || start > blob.size || length > MAX_TABLE) return undefined;
  const written = start <= first.length ? first.subarray(HEAD, start) : await bytesOf(blob.slice(HEAD, start));
  if (crc32(written, crc32(first.subarray(8, 16))) !== head.getUint32(16, true)) return undefined;
  const entries = readTable(JSON.parse(new TextDecoder().decode(written)) as Table);
  return {
    entries,
    size: blob.size,
    async body(entry) {
      const { offset, length } = entry;
      if (offset === undefined) return undefined;
      return checked(entry, await bytesOf(blob.slice(start + offset, start + offset + length)));
    },
    async bodies() {
      const all = await bytesOf(blob.slice(start));
      return (entry) => {
        const { offset, length } = entry;
        return offset === undefined ? undefined : checked(entry, all.slice(offset, offset + length));
      };
    },
  };
}

const checked = ({ length, crc }: PackEntry, bytes: Uint8Array<ArrayBuffer>) =>
  bytes.length === length && crc32(bytes) === crc ? bytes : undefined;

function readTable({ lines, from, rows }: Table): Map<string, PackEntry> {
  const entries = new Map<string, PackEntry>();
  let before = '';
  for (const [shared, rest, status, own, meta, length, crc, offset, other, missedAt] of rows) {
    const key = before.slice(0, shared) + rest;
    before = key;
    const where = other === undefined || other === null ? { offset } : { from: from[other]! };
    const missed = missedAt === undefined ? {} : { missedAt };
    entries.set(key, { key, status, headers: own.map((line) => lines[line]!), meta, length, crc, ...where, ...missed });
  }
  return entries;
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());
