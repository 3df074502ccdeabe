import { stat } from 'node:fs/promises';
import type { Archive } from './archive';
import { type Mbtiles, openMbtiles, unpacked } from './mbtiles';
import { tileJsonOf } from './mbtiles-tilejson';

/** Opens an MBTiles file, and reads it again when it is replaced. Rejects as `openMbtiles` does. */
export async function mbtilesArchive(path: string): Promise<Archive> {
  const stampOf = async () => {
    const found = await stat(path).catch(() => undefined);
    return found && [found.ino, found.mtimeMs, found.size].join('-');
  };
  let stamp = await stampOf();
  let file = await openMbtiles(path, '--mbtiles');
  let reading: Promise<void> | undefined;
  const renew = async (present: string | undefined) => {
    // If the new file cannot be read, it may be incomplete: keep the old one, and look again at the next request.
    const next = await openMbtiles(path, '--mbtiles').catch(() => undefined);
    if (!next) return;
    // Close the old file later, because current requests still read from it.
    setImmediate(file.close);
    [file, stamp] = [next, present];
  };
  const current = async (): Promise<Mbtiles> => {
    const present = await stampOf();
    if (present !== undefined && present !== stamp)
      await (reading ??= renew(present).finally(() => (reading = undefined)));
    return file;
  };
  return {
    type: async () => (await current()).type,
    tile: async (tile) => {
      const { type, ...open } = await current();
      const data = open.tile(tile);
      return data && unpacked(data, type);
    },
    tileJson: async (base) => tileJsonOf(await current(), base),
  };
}
