import type { ResolvedLayer } from '../../src/shared/layer-options';
import { ArchiveError, ArchiveReplaced } from './archive-error';
import type { Editions } from './editions';
import type { Opened } from './opened';

/** The most reads that one answer may take: the worker gives up a file that is replaced faster than it is read. */
const MAX_READS = 4;

/** Runs `read` on the edition in force, and again on the next one if the file was replaced meanwhile. */
export async function onEdition(
  editions: Editions,
  layer: ResolvedLayer,
  read: (archive: Opened) => Promise<Response>,
): Promise<Response> {
  let archive = await editions.current(layer);
  const met = new Set<string>();
  for (let reads = 1; ; reads += 1) {
    try {
      return await read(archive);
    } catch (error) {
      if (!(error instanceof ArchiveReplaced)) throw error;
      met.add(archive.version);
      if (reads === MAX_READS) throw notRead(met.size);
      archive = await editions.check(layer);
    }
  }
}

/**
 * Resolves with the edition in force for an answer that reads nothing from the host, and so does not prove the edition
 * by itself. Asks the host unless it has confirmed `archive` within the layer's `maxAge` and within `seconds`. Resolves
 * with `archive` if the host is unreachable.
 */
export async function confirmed(
  editions: Editions,
  layer: ResolvedLayer,
  archive: Opened,
  seconds?: number,
): Promise<Opened> {
  if (editions.isConfirmed(layer, seconds)) return archive;
  return editions.check(layer).catch((error: unknown) => {
    if (error instanceof ArchiveError) throw error;
    return archive;
  });
}

const notRead = (editions: number) =>
  editions > 1
    ? new ArchiveError('The archive is replaced faster than it can be read.', 503)
    : new ArchiveError("The archive's host answers the beginning of one file and parts of another.");
