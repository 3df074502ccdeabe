import { pipeline, Readable, Transform } from 'node:stream';

/** Bytes of one answer from the upstream. No tile is larger. */
export const MAX_BYTES = 64 * 1024 * 1024;

/** Breaks off with an error after `max` bytes, so that a truncated body does not count as complete. */
export function limited(source: Readable, max: number): Readable {
  let total = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.byteLength;
      if (total > max) done(new Error(`more than ${max} bytes`));
      else done(null, chunk);
    },
  });
  // `pipeline` ends each side when the other ends; the stream's reader gets the error.
  pipeline(source, counter, () => undefined);
  return counter;
}

export const toStream = (source: Readable) => Readable.toWeb(source) as ReadableStream<Uint8Array>;
