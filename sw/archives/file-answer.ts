import { formatCacheStatus } from '../../src/shared/cache-status';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Opened } from './opened';
import { answerHeaders } from './tile-answer';
import type { ByteRange } from './wanted-part';

/** Answers with a file's head, or with a part of it. */
export interface FileAnswers {
  /**
   * Answers 206, or 416 for a part behind the file's end (RFC 9110 section 15.5.17). Rejects as the archive's host
   * does.
   */
  part(archive: Opened, layer: ResolvedLayer, part: ByteRange): Promise<Response>;
  /** Answers a HEAD while the host is unreachable; undefined if the length is not known. */
  head(archive: Opened, layer: ResolvedLayer): Response | undefined;
}

/** `ruledAt`: the epoch of the layer's last rule. */
export function createFileAnswers(now: () => number, ruledAt: (layer: ResolvedLayer) => number): FileAnswers {
  const headersFor = (archive: Opened, layer: ResolvedLayer) => {
    const { etag, modified } = archive.first.edition;
    const headers = answerHeaders({ layer, version: archive.version, cacheControl: '', now: now() });
    if (etag) headers.set('etag', etag);
    if (modified) headers.set('last-modified', modified);
    headers.set('accept-ranges', 'bytes');
    return headers;
  };
  return {
    async part(archive, layer, part) {
      const { length } = archive.first.edition;
      const headers = headersFor(archive, layer);
      if (length !== undefined && part.first >= length) {
        headers.set('content-range', `bytes */${length}`);
        return new Response(null, { status: 416, headers });
      }
      const end = Math.min(part.last + 1, length ?? Infinity);
      const { bytes, kept } = await archive.raw(part.first, end - part.first, ruledAt(layer));
      headers.set('content-type', 'application/octet-stream');
      headers.set('content-length', String(bytes.byteLength));
      headers.set('content-range', `bytes ${part.first}-${end - 1}/${length ?? '*'}`);
      headers.set(
        'cache-status',
        formatCacheStatus(kept ? { hit: true } : { fwd: 'uri-miss', fwdStatus: 206, stored: true }),
      );
      return new Response(bytes, { status: 206, headers });
    },
    head(archive, layer) {
      const { length } = archive.first.edition;
      if (length === undefined) return undefined;
      const headers = headersFor(archive, layer);
      headers.set('content-length', String(length));
      headers.set('cache-status', formatCacheStatus({ fwd: 'stale', detail: 'network' }));
      return new Response(null, { headers });
    },
  };
}
