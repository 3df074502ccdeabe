import { createArea } from '../../src/shared/area';
import { TileCacheError } from '../../src/shared/errors';
import { hilbertId } from '../../src/shared/hilbert';
import type { RegionInfo } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { refuse } from '../../src/shared/validate';
import type { LedgerState } from '../ledger/state';
import { readPicture } from '../policy/formats/images';
import { checkBody } from '../policy/plausible';
import { encodeMeta } from '../store/tile-meta';
import { type ArchiveFile, openArchiveFile } from './archive-file';
import { isPrivate } from './bare-template';
import { MAX_BLOCK_BYTES } from './block-plan';
import { type Block, blocksOf, packPath } from './blocks';
import { type Checked, checkSpec } from './check-spec';
import type { CommandTools } from './command-tools';
import { beginDraft } from './draft';
import { FILE_REMEDY } from './file-format';
import { infoNow } from './info';
import { stateNow } from './known';
import { bytesIn, type PackItem } from './pack';
import { putAndTell } from './put-and-tell';
import type { Draft, RegionRecord } from './records';
import { readRegionFile, type RegionFile } from './region-file';
import { withRoom } from './room';
import { checkFits } from './save';
import { finishDraft } from './switch';
import { tooLarge } from './trouble';
import { wantedTiles } from './wanted';

const CODE = 'INVALID_OPTION';

/** The checked contents of an import. */
interface Importing {
  archive: ArchiveFile;
  own: RegionFile;
  checked: Checked;
  state: LedgerState;
}

/**
 * Makes a region from a file that `export` wrote, here or elsewhere. Checks everything before it writes anything, and
 * each tile as if an origin had sent it. The region exists once it is whole, or not at all.
 */
export async function importRegion(file: Blob, template: unknown, tools: CommandTools): Promise<RegionInfo> {
  const { book, job, space } = tools;
  const state = await stateNow(tools);
  const archive = await openArchiveFile(file);
  const own = readRegionFile(archive, template, tools.now());
  const checked = await checkSpec(own.spec, tools);
  const { spec, layers } = checked;
  const layer = tools.layer(layers[0]!.layer)!;
  if (own.isPrivate && !layer.shareAcrossCredentials && !isPrivate(layers[0]!, layer))
    refuse(
      CODE,
      'template',
      'the URL of a tile with what the map proves itself by',
      'The file has tiles of one user: give import(file, { template }).',
    );
  checkFits({ bytes: file.size, available: await space.available() }, spec, 0);
  // Tidy up packs without a region once, before the import writes any.
  await space.tidy();
  return job.alone(spec.id, async () => {
    if (book.get(spec.id)) refuse(CODE, 'id', `no region that is here already (${spec.id})`, 'Remove that one first.');
    const record = await writeAll({ archive, own, checked, state }, tools).catch(async (error: unknown) => {
      await tools.packs.drop(layers[0]!.cacheName).catch(() => {});
      throw error;
    });
    return infoNow(await putAndTell(record, tools), tools);
  });
}

async function writeAll(importing: Importing, tools: CommandTools): Promise<RegionRecord> {
  const { checked, state } = importing;
  const { spec, layers, total } = checked;
  const { cacheName } = layers[0]!;
  const { now, origin, packs } = tools;
  const empty: RegionRecord = {
    id: spec.id,
    name: spec.name ?? spec.id,
    spec,
    layers,
    createdAt: now(),
    total,
    paused: false,
    borrows: [],
    garbage: [],
    last: 0,
  };
  const { version } = importing.own;
  // The version of the tiles, whatever this worker's is.
  const versions = version === '' ? {} : { [layers[0]!.layer]: version };
  let draft: Draft = { ...beginDraft(empty, 'missing', state, now()).draft!, versions };
  const budget = spec.maxBytes ?? 2 ** 30;
  for (const block of blocksOf(spec, 1)) {
    const items = await itemsIn(block, importing, tools);
    const bytes = bytesIn(items);
    const path = packPath(origin, draft.number, block.name);
    const size = await withRoom(bytes, tools, () => packs.write({ cacheName, path }, items));
    draft = {
      ...draft,
      tiles: draft.tiles + items.length,
      bytes: draft.bytes + bytes,
      stored: draft.stored + size,
      changed: [{ ...draft.changed[0], [block.name]: true }],
    };
    if (draft.bytes > budget) throw tooLarge(draft.bytes, budget);
  }
  if (draft.tiles === 0) refuse(CODE, 'file', 'a file with tiles of its region', FILE_REMEDY);
  // The worker requests tiles of another version than the one in force again, and shows the imported ones until then.
  return { ...finishDraft({ ...empty, last: draft.number, draft }, state, now(), origin), total: draft.tiles };
}

async function itemsIn(block: Block, importing: Importing, tools: CommandTools): Promise<PackItem[]> {
  const { archive, checked } = importing;
  const tiles = [...createArea(checked.spec.bounds).within(block.root, block.zoom)];
  const read = await archive.near(tiles);
  const items: PackItem[] = [];
  let bytes = 0;
  for (const { tile, key } of await wantedTiles(checked.layers[0]!, tiles, tools, tools.origin)) {
    const body = await read(tile);
    const none = importing.own.none.get(hilbertId(tile));
    if (body) items.push(itemOf(tile, key, body, importing, tools));
    // Take over that there is no tile as well, so that no map requests it in vain.
    else if (none !== undefined) items.push(noneOf(key, none, importing));
    // Many tiles of a file may share the same bytes: a small file may demand any amount of memory.
    if ((bytes += body?.length ?? 0) > MAX_BLOCK_BYTES) refuse(CODE, 'file', 'a file with smaller tiles', FILE_REMEDY);
  }
  return items;
}

function itemOf(
  tile: TileId,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  importing: Importing,
  tools: CommandTools,
): PackItem {
  const { own, checked } = importing;
  const headers: Array<[string, string]> = [
    // Imagery often mixes two types: each tile's bytes show which one it is.
    ['content-type', readPicture(body)?.mime ?? own.type],
    ['content-length', String(body.length)],
    dateOf(own),
  ];
  const layer = tools.layer(checked.layers[0]!.layer)!;
  const reason = checkBody(200, new Headers(headers), body, layer);
  if (reason) {
    throw new TileCacheError({
      code: CODE,
      field: 'file',
      message: `The file's tile ${tile.z}/${tile.x}/${tile.y} is none: ${reason}.`,
      remedy: 'Export the region again.',
    });
  }
  return { key, status: 200, headers, meta: metaOf(importing), body };
}

const noneOf = (key: string, status: number, importing: Importing): PackItem => ({
  key,
  status,
  headers: [dateOf(importing.own)],
  meta: metaOf(importing),
  body: new Uint8Array(),
});

const dateOf = ({ savedAt }: RegionFile): [string, string] => ['date', new Date(savedAt).toUTCString()];

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
