import type { Header } from 'pmtiles';
import { FIRST_BYTES, type Section } from '../../src/shared/pmtiles-header';
import { isRecord } from '../../src/shared/validate';
import { ArchiveReplaced, damaged, NotKept } from './archive-error';
import { decompress } from './decompress';
import { createLocate, type Locate, MAX_SECTION, type ReadSection } from './directories';
import { type FirstBytes, type FirstTools, vouchedFrom } from './first-bytes';
import { createRangeReader, type LoadSpan, type ReadRange } from './range-reader';
import { looksLikeArchive, readHeader } from './read-header';
import { readPart } from './read-part';
import { requestRange } from './request-range';

/**
 * One edition of an archive, open for reading. Its reads reject with `ArchiveReplaced` once the host has replaced the
 * file. A file that is no archive has only `raw`; the other members reject, or throw, with `ArchiveError`.
 */
export interface Archive {
  readonly first: FirstBytes;
  readonly header: Header;
  /** Finds a tile's place; undefined if the archive does not have the tile. */
  locate: Locate;
  /** Like `locate`, but reads only stored directories. Rejects with `NotKept` if one would have to be requested. */
  locateKept: Locate;
  /** Reads a tile as pages get it; `turn` as in `ReadRange`. */
  tile(section: Section, turn?: () => Promise<void>): Promise<Uint8Array<ArrayBuffer>>;
  metadata(): Promise<Record<string, unknown>>;
  /**
   * Reads any part of the file, unchanged, requested at the epoch `since` or later. `kept`: the part was stored before.
   */
  raw(offset: number, length: number, since: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; kept: boolean }>;
}

/** The tools that an open archive needs. */
export interface ArchiveParts extends FirstTools {
  /** Reads a part that is worth keeping; calls `read` if it is not kept yet. */
  keep: (
    name: string,
    read: () => Promise<Uint8Array<ArrayBuffer>>,
    since?: number,
  ) => Promise<Uint8Array<ArrayBuffer>>;
  /** The ledger's epoch at the opening. */
  epoch: number;
  /** Called when the host has vouched for the edition. `at`: the epoch milliseconds since which it does. */
  confirmed: (at: number) => void;
}

/**
 * Opens an archive. Throws `ArchiveError` for a damaged archive, and, without `anyFile`, for a file that is no archive.
 */
export function openArchive(first: FirstBytes, tools: ArchiveParts): Archive {
  const { bytes, edition, whole } = first;
  const header = tools.anyFile && !looksLikeArchive(bytes) ? undefined : readHeader(bytes, edition.length);
  /** For a file that is no archive, throws its refusal. */
  const tiled = () => header ?? readHeader(bytes, edition.length);
  const read: ReadRange = whole ? readBlob(whole) : createRangeReader(loader(first, tools), tools.timers);
  const sectionBy =
    (request: ReadRange): ReadSection =>
    async (offset, length) => {
      if (offset + length <= bytes.byteLength) return bytes.slice(offset, offset + length);
      return whole ? read(offset, length) : tools.keep(`${offset}-${length}`, () => request(offset, length));
    };
  const section = sectionBy(read);
  const located = (by: ReadSection): Locate => (header ? createLocate(header, by) : async () => void tiled());
  return {
    first,
    get header() {
      return tiled();
    },
    async raw(offset, length, since) {
      let kept = true;
      const inMemory = tools.epoch >= since && offset + length <= bytes.byteLength;
      if (inMemory) return { bytes: bytes.slice(offset, offset + length), kept };
      if (whole) return { bytes: await read(offset, length), kept };
      const asked = () => {
        kept = false;
        return read(offset, length);
      };
      const part = await tools.keep(`${offset}-${length}`, asked, since);
      return { bytes: part, kept };
    },
    locate: located(section),
    locateKept: located(sectionBy(() => Promise.reject(new NotKept()))),
    async tile([offset, length], turn) {
      if (length === 0) return new Uint8Array();
      const bytes = await read(offset, length, turn);
      return decompress(bytes, tiled().tileCompression || packing(tiled(), bytes));
    },
    async metadata() {
      const { jsonMetadataOffset, jsonMetadataLength, internalCompression } = tiled();
      if (jsonMetadataLength === 0) return {};
      if (jsonMetadataLength > MAX_SECTION) throw damaged('its metadata has no end');
      const text = new TextDecoder().decode(
        await decompress(await section(jsonMetadataOffset, jsonMetadataLength), internalCompression),
      );
      try {
        const value: unknown = JSON.parse(text);
        if (isRecord(value)) return value;
      } catch {
        // Invalid JSON gets the same error as JSON that is no object.
      }
      throw damaged('its metadata is not a JSON object');
    },
  };
}

/**
 * Detects the compression of an archive that does not name it: no picture and no vector tile begins as gzip does (RFC
 * 1952 section 2.3.1).
 */
const packing = ({ tileType }: Header, [first, second]: Uint8Array) =>
  tileType !== 0 && first === 0x1f && second === 0x8b ? 2 : 0;

const readBlob =
  (whole: Blob): ReadRange =>
  async (offset, length) => {
    const bytes = new Uint8Array(await whole.slice(offset, offset + length).arrayBuffer());
    if (bytes.byteLength < length) throw damaged('it is cut off');
    return bytes;
  };

/** Creates the function that requests a part of this edition, and makes sure that the part belongs to it. */
function loader({ edition }: FirstBytes, tools: ArchiveParts): LoadSpan {
  const { timers, now, hash } = tools;
  return async (span, filled) => {
    const requestAt = now();
    const answer = await requestRange({ ...span, edition }, tools);
    if (answer.kind === 'whole') {
      // The host no longer supports ranges: open the file again, as a whole.
      void answer.response.body?.cancel().catch(() => {});
      throw new ArchiveReplaced();
    }
    if (answer.kind !== 'part') throw new ArchiveReplaced();
    const { response, end, unsure } = answer;
    if (end < span.end) {
      void response.body?.cancel().catch(() => {});
      throw damaged('it is cut off');
    }
    const length = span.end - span.start;
    if (!unsure) {
      await readPart(response, length, { timers, filled });
      tools.confirmed(vouchedFrom(requestAt, response.headers));
      return;
    }
    // No header says to which edition this part belongs. It belongs to ours if the file begins with our bytes both
    // before and after this request.
    const bytes = await readPart(response, length, { timers });
    const again = await requestRange({ start: 0, end: FIRST_BYTES }, tools);
    if (again.kind !== 'part') throw new ArchiveReplaced();
    const mark = await hash(await readPart(again.response, FIRST_BYTES, { timers, exact: false }));
    if (mark !== edition.mark) throw new ArchiveReplaced();
    filled(bytes, length);
    tools.confirmed(requestAt);
  };
}
