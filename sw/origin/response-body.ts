import { isCut } from '../policy/plausible';
import type { Tile } from '../store/tile-store';
import type { Timers } from '../util/deadline';
import { createPageBody } from './page-body';
import { readWhole } from './read-body';

/** The head and body that go to the page before the body is whole and stored. */
export interface Head {
  tile: Tile;
  body: ReadableStream<Uint8Array>;
  /** Resolves when nothing more goes to the page. */
  finished: Promise<void>;
}

interface Reading {
  /** Seconds without a byte after which the worker gives up the body; undefined waits for ever. */
  stall: number | undefined;
  timers: Timers;
  /** Gets the head, with the body as it arrives. If absent, the page waits for the outcome. */
  tellHead?: ((head: Head) => void) | undefined;
}

/**
 * Streams the body to the page, and resolves with its bytes for us; with undefined if it is larger than we may hold.
 * Rejects as `readWhole` does.
 */
export function readBody(
  response: Response,
  tile: Tile,
  { stall, timers, tellHead }: Reading,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { headers, type, body } = response;
  const page = tellHead && body ? createPageBody() : undefined;
  if (page) tellHead!({ tile, body: page.stream, finished: page.finished });
  return readWhole(response, stall, { timers, page, isCut: (length) => isCut(headers, length, type) });
}
