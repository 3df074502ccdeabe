import { TileCacheError } from '../../src/shared/errors';
import { hilbertId } from '../../src/shared/hilbert';
import type { TileId } from '../../src/shared/tile';
import { refuse } from '../../src/shared/validate';
import type { LedgerState } from '../ledger/state';
import { readPicture } from '../policy/formats/images';
import { checkBody } from '../policy/plausible';
import { encodeMeta } from '../store/tile-meta';
import type { ArchiveFile, FileTiles } from './archive-file';
import { MAX_BLOCK_BYTES } from './block-plan';
import type { Checked } from './check-spec';
import type { CommandTools } from './command-tools';
import { FILE_REMEDY } from './file-format';
import type { PackItem } from '../store/pack';
import type { RegionFile } from './region-file';
import { keysOf } from './wanted';

const CODE = 'INVALID_OPTION';

/** The checked contents of an import. */
export interface Importing {
  archive: ArchiveFile;
  own: RegionFile;
  checked: Checked;
  state: LedgerState;
}

/** Makes pack items of a file's tiles. Throws `INVALID_OPTION` for a tile that no origin could have sent. */
export async function importedItems(
  tiles: readonly TileId[],
  { read }: FileTiles,
  importing: Importing,
  tools: CommandTools,
): Promise<PackItem[]> {
  const { own, checked } = importing;
  const saved = checked.layers[0]!;
  const meta = metaOf(importing);
  const date: [string, string] = ['date', new Date(own.savedAt).toUTCString()];
  const items: PackItem[] = [];
  let bytes = 0;
  for (const { tile, key, url } of await keysOf(saved, tiles, tools, tools.origin)) {
    const body = await read(tile);
    const none = own.none.get(hilbertId(tile));
    if (body) {
      const headers = [...headersOf(body, own.type), date];
      const reason = checkBody(200, new Headers(headers), body, tools.layer(saved.layer)!, 'basic', { url });
      if (reason) throw notATile(tile, reason);
      items.push({ key, status: 200, headers, meta, body });
    }
    // Take over that there is no tile as well, so that no map requests it in vain.
    else if (none !== undefined) items.push({ key, status: none, headers: [date], meta, body: new Uint8Array() });
    // Many tiles of a file may share the same bytes: a small file may demand any amount of memory.
    if ((bytes += body?.length ?? 0) > MAX_BLOCK_BYTES) refuse(CODE, 'file', 'a file with smaller tiles', FILE_REMEDY);
  }
  return items;
}

const headersOf = (body: Uint8Array<ArrayBuffer>, type: string): Array<[string, string]> => [
  // Imagery often mixes two types: each tile's bytes show which one it is.
  ['content-type', readPicture(body)?.mime ?? type],
  ['content-length', String(body.length)],
];

const notATile = ({ z, x, y }: TileId, reason: string) =>
  new TileCacheError({
    code: CODE,
    field: 'file',
    message: `The file's entry for ${z}/${x}/${y} is not a tile: ${reason}.`,
    remedy: 'Export the region again.',
  });

const metaOf = ({ own: { savedAt, version }, state }: Importing): string =>
  encodeMeta({
    requestAt: savedAt,
    responseAt: savedAt,
    ledger: state.id,
    epoch: state.epoch,
    version,
    variant: '',
    group: '',
    token: '',
  });
