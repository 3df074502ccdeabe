import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pmtilesOf, type ArchiveInfo, type ArchiveTile } from '../../../src/shared/pmtiles-writer';

/** Faults of a static host. */
export interface HostFaults {
  /** Answers 200 with the whole file. */
  noRanges?: boolean;
  noEtag?: boolean;
  noModified?: boolean;
  /** Sends a weak tag: `W/"…"`. */
  weakEtag?: boolean;
  /** Sends a different tag with each answer. */
  unsteadyEtag?: boolean;
  /** Answers 412 to any `If-Match`. */
  refusesIfMatch?: boolean;
  /** Ignores `If-Match`. */
  ignoresIfMatch?: boolean;
  /** Sends the file and its ranges with gzip coding and Content-Encoding. */
  gzips?: boolean;
  /** Hides the `Content-Encoding` from the worker, as CORS does. */
  hidesCoding?: boolean;
  /** How many bytes more than the real size the host reports. */
  wrongTotal?: number;
  /** Sends half of each range. */
  cuts?: boolean;
  /** Sends other bytes than `Content-Range` says. */
  otherPart?: boolean;
  cacheControl?: string;
  status?: number;
}

/** A static file on a host that supports ranges (RFC 9110 section 14), possibly with faults. */
export interface ArchiveHost {
  file: Uint8Array<ArrayBuffer>;
  modified: string;
  faults: HostFaults;
  /** The ranges of the requests; `all` for a request without one. */
  asked: string[];
  /** Number of body bytes sent. */
  sent: number;
  etag(): string;
  answer: (request: Request) => Response;
}

export function createArchiveHost(file: Uint8Array<ArrayBuffer>, faults: HostFaults = {}): ArchiveHost {
  const host: ArchiveHost = {
    file,
    faults,
    modified: 'Thu, 01 Jan 2026 00:00:00 GMT',
    asked: [],
    sent: 0,
    etag: () => `"${createHash('sha1').update(host.file).digest('hex').slice(0, 12)}"`,
    answer(request) {
      const { faults } = host;
      const range = request.headers.get('range');
      host.asked.push(range ?? 'all');
      const own = faults.unsteadyEtag ? `"${host.asked.length}"` : host.etag();
      const etag = faults.weakEtag ? `W/${own}` : own;
      const headers = new Headers();
      if (!faults.noEtag) headers.set('etag', etag);
      if (!faults.noModified) headers.set('last-modified', host.modified);
      if (faults.cacheControl) headers.set('cache-control', faults.cacheControl);
      if (faults.status) return new Response('no', { status: faults.status, headers });
      const ifMatch = request.headers.get('if-match');
      const matches = ifMatch === etag && !faults.refusesIfMatch;
      if (ifMatch && !faults.ignoresIfMatch && !matches) return new Response(null, { status: 412, headers });
      if (!faults.noEtag && request.headers.get('if-none-match') === etag)
        return new Response(null, { status: 304, headers });
      // RFC 9110 section 13.1.5: if the tag or date does not match in a strong comparison, the host sends the whole file.
      const ifRange = request.headers.get('if-range');
      const holds = ifRange === null || ifRange === (/^"/.test(ifRange) ? etag : host.modified);
      const part = holds ? partOf(range, host.file.byteLength) : undefined;
      const send = (bytes: Uint8Array<ArrayBuffer>, status: number) => {
        host.sent += bytes.byteLength;
        return new Response(bytes, { status, headers });
      };
      // A host may ignore several ranges (RFC 9110 section 14.2).
      if (!part || faults.noRanges) {
        // Answer as a worker sees it: the browser has decompressed the body, and kept the header.
        if (faults.gzips && !faults.hidesCoding) headers.set('content-encoding', 'gzip');
        else if (!faults.gzips) headers.set('content-length', String(host.file.byteLength));
        return send(host.file, 200);
      }
      const length = host.file.byteLength;
      const [from, end] = part;
      if (from >= length) return new Response(null, { status: 416, headers: { 'content-range': `bytes */${length}` } });
      const first = from + (faults.otherPart ? 1 : 0);
      headers.set('content-range', `bytes ${first}-${end - 1}/${length + (faults.wrongTotal ?? 0)}`);
      let bytes = host.file.slice(from, end);
      // A range of a compressed file, which no browser can decompress.
      if (faults.gzips && !faults.hidesCoding) headers.set('content-encoding', 'gzip');
      if (faults.gzips) bytes = new Uint8Array(gzipSync(host.file)).slice(from, end);
      if (faults.cuts) bytes = bytes.slice(0, bytes.byteLength >> 1);
      return send(bytes, 206);
    },
  };
  return host;
}

/**
 * Returns the first byte and the end of the single range in a field (RFC 9110 section 14.1.2). Returns `undefined` for no
 * range or several.
 */
function partOf(range: string | null, length: number): [from: number, end: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return [Math.max(0, length - Number(last)), length];
  return [Number(first), last === '' ? length : Math.min(Number(last) + 1, length)];
}

/** Returns the bytes of an archive. */
export async function archiveOf(tiles: ArchiveTile[], info: ArchiveInfo): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob(await pmtilesOf(tiles, info)).arrayBuffer());
}

/** Returns a text tile that names the edition and the tile. */
export const labelled = (edition: string, { z, x, y }: ArchiveTile['tile'], size = 40): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${edition} ${z}/${x}/${y} `.padEnd(size, '.'));

/** Returns all tiles up to a zoom, labelled with the edition. */
export function pyramid(edition: string, maxZoom: number, size?: (id: number) => number): ArchiveTile[] {
  const tiles: ArchiveTile[] = [];
  for (let z = 0; z <= maxZoom; z += 1)
    for (let x = 0; x < 2 ** z; x += 1)
      for (let y = 0; y < 2 ** z; y += 1)
        tiles.push({ tile: { z, x, y }, body: labelled(edition, { z, x, y }, size?.(tiles.length)) });
  return tiles;
}
