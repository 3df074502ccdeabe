import { digest } from './seed';

/** A file on a static host. */
interface StaticFile {
  body: Uint8Array<ArrayBuffer>;
  etag: string;
}

/** Serves files like any static host: as a whole or in parts (RFC 9110 section 14), without any knowledge of tiles. */
export interface StaticFiles {
  put(path: string, body: Uint8Array<ArrayBuffer>): StaticFile;
  /** Returns `undefined` for a path without a file. */
  serve(request: Request): Response | undefined;
}

export function createStaticFiles(): StaticFiles {
  const files = new Map<string, StaticFile>();
  return {
    put(path, body) {
      const file = { body, etag: `"${digest(body)}"` };
      files.set(path, file);
      return file;
    },
    serve({ url, headers: asked }) {
      const file = files.get(new URL(url).pathname);
      if (!file) return undefined;
      const { body, etag } = file;
      const headers = new Headers({
        'Content-Type': 'application/octet-stream',
        'Cache-Control': 'no-transform',
        'Accept-Ranges': 'bytes',
        ETag: etag,
      });
      const ifMatch = asked.get('if-match');
      if (ifMatch !== null && ifMatch !== '*' && ifMatch !== etag) return new Response(null, { status: 412, headers });
      if (asked.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
      const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(asked.get('range') ?? '') ?? [];
      const ifRange = asked.get('if-range');
      if (first === undefined || (ifRange !== null && ifRange !== etag)) return new Response(body, { headers });
      const start = Number(first);
      const end = Math.min(last ? Number(last) + 1 : Infinity, body.byteLength);
      headers.set(
        'Content-Range',
        start < end ? `bytes ${start}-${end - 1}/${body.byteLength}` : `bytes */${body.byteLength}`,
      );
      return start < end
        ? new Response(body.slice(start, end), { status: 206, headers })
        : new Response(null, { status: 416, headers });
    },
  };
}
