import type { RegionCommand, RegionInfo } from '../../src/shared/regions';
import { refuse } from '../../src/shared/validate';
import { openArchiveFile } from './archive-file';
import { isPrivate } from './bare-template';
import { checkSpec } from './check-spec';
import type { CommandTools } from './command-tools';
import { beginDraft } from './draft';
import { FILE_REMEDY } from './file-format';
import { writeBlocks } from './import-blocks';
import type { Importing } from './import-tiles';
import { infoNow } from './info';
import { stateNow } from './known';
import { putAndTell } from './put-and-tell';
import type { Draft, RegionRecord } from './records';
import { readRegionFile } from './region-file';
import { checkFits } from './save';
import { finishDraft } from './switch';

const CODE = 'INVALID_OPTION';

/**
 * Makes a region from a file that `export` wrote, here or elsewhere. Checks everything before it writes anything, and
 * each tile as if an origin had sent it. The region exists once it is whole, or not at all.
 */
export async function importRegion(
  { file, template, region: id }: Extract<RegionCommand, { action: 'import' }>,
  tools: CommandTools,
): Promise<RegionInfo> {
  const { book, job, space } = tools;
  const state = await stateNow(tools);
  const archive = await openArchiveFile(file);
  const own = readRegionFile(archive, { template, id }, tools.now());
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
    if (book.get(spec.id))
      refuse(
        CODE,
        'id',
        `no region that is here already (${spec.id})`,
        'Remove that one first, or give import(file, { id }).',
      );
    const kept = writeAll({ archive, own, checked, state }, tools).then((record) => putAndTell(record, tools));
    const record = await kept.catch(async (error: unknown) => {
      await tools.packs.drop(layers[0]!.cacheName).catch(() => {});
      throw error;
    });
    return infoNow(record, tools);
  });
}

async function writeAll(importing: Importing, tools: CommandTools): Promise<RegionRecord> {
  const { checked, state } = importing;
  const { spec, layers, total } = checked;
  const { now, origin } = tools;
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
  const begun: Draft = { ...beginDraft(empty, 'missing', state, now()).draft!, versions };
  const draft = await writeBlocks(begun, importing, tools);
  if (draft.tiles === 0) refuse(CODE, 'file', 'a file with tiles of its region', FILE_REMEDY);
  // The worker requests tiles of another version than the one in force again, and shows the imported ones until then.
  return { ...finishDraft({ ...empty, last: draft.number, draft }, state, now(), origin), total: draft.tiles };
}
