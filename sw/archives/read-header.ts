import { bytesToHeader, type Header } from 'pmtiles';
import { MAX_HILBERT_ZOOM } from '../../src/shared/hilbert';
import { FIRST_BYTES, HEADER_BYTES } from '../../src/shared/pmtiles-header';
import { ArchiveError, damaged, noArchive } from './archive-error';

/** True for a file that begins like an archive of any version. */
export const looksLikeArchive = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4d;

/**
 * Reads and checks the header in a file's first bytes (PMTiles version 3, section 3): from then on the worker trusts
 * it. `length` is the file's length in bytes, if its host tells it. Throws `ArchiveError`.
 */
export function readHeader(first: Uint8Array<ArrayBuffer>, length: number | undefined): Header {
  const magic = new TextDecoder('latin1').decode(first.subarray(0, 7));
  if (!looksLikeArchive(first)) throw noArchive();
  if (first.byteLength < HEADER_BYTES) throw damaged('it ends within its header');
  const version = magic === 'PMTiles' ? first[7] : first[2];
  if (version !== 3)
    throw new ArchiveError(`The archive is PMTiles version ${version}: make it version 3 (pmtiles convert).`);
  const header = bytesToHeader(first.slice(0, HEADER_BYTES).buffer);
  const { rootDirectoryOffset, rootDirectoryLength, minZoom, maxZoom } = header;
  const rootEnd = rootDirectoryOffset + rootDirectoryLength;
  if (rootDirectoryLength === 0 || rootDirectoryOffset < HEADER_BYTES || rootEnd > FIRST_BYTES)
    throw damaged('its root directory is not where it must be');
  if (rootEnd > first.byteLength) throw damaged('it ends within its root directory');
  if (minZoom > maxZoom || maxZoom > MAX_HILBERT_ZOOM) throw damaged('its zooms make no sense');
  if (header.internalCompression < 1 || header.internalCompression > 4)
    throw damaged('it does not say how its directories are compressed');
  if (length !== undefined && endOf(header) > length)
    throw damaged('it is shorter than it says, as if it were cut off');
  return header;
}

const endOf = (header: Header) =>
  Math.max(
    header.jsonMetadataOffset + header.jsonMetadataLength,
    header.leafDirectoryOffset + (header.leafDirectoryLength ?? 0),
    header.tileDataOffset + (header.tileDataLength ?? 0),
  );

/** Returns how many bytes an archive has by its own header, or `undefined` for bytes that do not begin with one. */
export function declaredLength(first: Uint8Array<ArrayBuffer>): number | undefined {
  try {
    return endOf(readHeader(first, undefined));
  } catch {
    return undefined;
  }
}
