import { ArchiveError } from './archive-error';
import type { Timers } from '../util/deadline';

/** Milliseconds without a byte after which the worker gives up a host. */
export const STALL_MS = 30_000;

/**
 * Reads `length` bytes of a body, no more, and reports after each piece how many are there. `exact`: fewer bytes are an
 * error; otherwise the file is just shorter. Rejects when the body breaks off, or when nothing comes any more.
 */
export async function readPart(
  response: Response,
  length: number,
  {
    timers,
    exact = true,
    filled,
  }: { timers: Timers; exact?: boolean; filled?: (bytes: Uint8Array<ArrayBuffer>, count: number) => void },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  const reader = response.body?.getReader();
  let count = 0;
  try {
    while (reader && count < length) {
      const { done, value } = await next(reader, timers);
      if (done) break;
      // Stop reading a host that sends more than requested.
      const piece = value.subarray(0, length - count);
      bytes.set(piece, count);
      count += piece.byteLength;
      filled?.(bytes, count);
    }
  } finally {
    void reader?.cancel().catch(() => {});
  }
  if (count < length && exact) throw new ArchiveError('The host sends less of the archive than it says.');
  return count < length ? bytes.slice(0, count) : bytes;
}

function next(reader: ReadableStreamDefaultReader<Uint8Array>, { setTimeout, clearTimeout }: Timers) {
  let timer: unknown;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TypeError('The archive does not come any further')), STALL_MS);
  });
  return Promise.race([reader.read(), stalled]).finally(() => clearTimeout(timer as never));
}
