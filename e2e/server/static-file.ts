import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Exchange, SeenRequest } from './exchange';

/** Faults of a static host. */
export interface StaticKnobs {
  /** Answers 200 with the whole file. */
  noRanges?: boolean;
  noEtag?: boolean;
  noModified?: boolean;
  /** Sends the file with gzip coding, including ranges of it. */
  gzips?: boolean;
  /** How many bytes less than the real size the host reports. */
  shortBy?: number;
  /** Milliseconds before each answer. */
  delay?: number;
  cacheControl?: string;
}

/** A file on a static host that supports ranges (RFC 9110 section 14). Tests may change its fields at any time. */
export interface StaticFile {
  bytes: Uint8Array;
  modified: string;
  knobs: StaticKnobs;
  etag(): string;
  /** The behaviour for `server.on(path, file.behaviour)`. */
  behaviour: (request: SeenRequest) => Exchange;
}

export function staticFile(bytes: Uint8Array, knobs: StaticKnobs = {}): StaticFile {
  const tags = new WeakMap<Uint8Array, string>();
  const file: StaticFile = {
    bytes,
    knobs,
    modified: 'Thu, 01 Jan 2026 00:00:00 GMT',
    etag() {
      const known = tags.get(file.bytes) ?? `"${createHash('sha1').update(file.bytes).digest('hex').slice(0, 12)}"`;
      tags.set(file.bytes, known);
      return known;
    },
    // Read the file once per answer, so that a replacement does not affect an answer in progress.
    behaviour: ({ headers }) => answer(file.bytes, file.etag(), file, headers),
  };
  return file;
}

function answer(
  bytes: Uint8Array,
  etag: string,
  { knobs, modified }: StaticFile,
  asked: SeenRequest['headers'],
): Exchange {
  const { noEtag, noModified, noRanges, gzips, shortBy = 0, delay = 0, cacheControl } = knobs;
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    'accept-ranges': noRanges ? 'none' : 'bytes',
    ...(!noEtag && { etag }),
    ...(!noModified && { 'last-modified': modified }),
    ...(cacheControl && { 'cache-control': cacheControl }),
    ...(gzips && { 'content-encoding': 'gzip' }),
  };
  if (asked['if-match'] !== undefined && asked['if-match'] !== etag) return { status: 412, headers, body: '', delay };
  if (!noEtag && asked['if-none-match'] === etag) return { status: 304, headers, delay };
  const body = gzips ? gzipSync(bytes) : bytes;
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(asked.range ?? '') ?? [];
  if (from === undefined || noRanges) return { headers, body, delay };
  if (Number(from) >= body.length)
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${body.length}` }, body: '', delay };
  const end = Math.min(Number(to) + 1, body.length);
  const range = `bytes ${from}-${end - 1}/${body.length - shortBy}`;
  return {
    status: 206,
    headers: { ...headers, 'content-range': range },
    body: body.subarray(Number(from), end),
    delay,
  };
}
