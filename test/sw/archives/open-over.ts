import { webcrypto } from 'node:crypto';
import { openArchive, type Archive } from '../../../sw/archives/archive';
import { fetchFirst } from '../../../sw/archives/first-bytes';
import type { Timers } from '../../../sw/util/deadline';
import { createArchiveHost } from './archive-host';

const soon = { setTimeout: (callback: () => void) => setImmediate(callback), clearTimeout: () => {} };
const never = { setTimeout: () => undefined, clearTimeout: () => {} };
/** Timers that end the pause for collecting requests at once, and never report a stalled host. */
const quick: Timers = {
  setTimeout: (callback, ms) => (ms < 100 ? soon : never).setTimeout(callback),
  clearTimeout: () => {},
};

/** Opens an archive on a host, as a worker without a store does. */
export async function openOver(
  host: { answer: (request: Request) => Response | Promise<Response> },
  timers: Timers = quick,
): Promise<{ archive: Archive; notices: string[]; confirmed: number[] }> {
  const notices: string[] = [];
  const confirmed: number[] = [];
  const tools = {
    fetch: async (request: Request) => host.answer(request),
    url: 'https://map.example/data/roads.pmtiles',
    sameOrigin: true,
    timers,
    now: () => 1_000_000,
    hash: async (bytes: Uint8Array<ArrayBuffer>) =>
      Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes))
        .toString('hex')
        .slice(0, 16),
    notice: (detail: string) => void notices.push(detail),
    keep: (_: string, read: () => Promise<Uint8Array<ArrayBuffer>>) => read(),
    confirmed: (at: number) => void confirmed.push(at),
    epoch: 0,
  };
  const first = await fetchFirst(undefined, tools);
  return { archive: openArchive(first, tools), notices, confirmed };
}

/** Opens an archive from its bytes. */
export const openBytes = async (file: Uint8Array<ArrayBuffer>): Promise<Archive> =>
  (await openOver(createArchiveHost(file))).archive;
