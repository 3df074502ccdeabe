import type { FailedTile } from '../../src/shared/regions';
import { withLenders } from './after-block';
import type { Trouble } from './ask-origin';
import { packPath } from './blocks';
import type { Limits } from './fill-tools';
import { gatherAssets, type Assets } from './gather-assets';
import type { WorkTools } from './job-tools';
import { liveOf } from './live';
import { putAndTell } from './put-and-tell';
import { readAgain } from './read-again';
import type { Edition, RegionRecord } from './records';
import { areThere } from './take-over';
import { totalOf } from './total';

/**
 * Keeps everything that the style needs: the style itself, TileJSON, sprites, glyphs, images, all of one edition, in
 * one pack per layer. An origin may publish during the reading: the result counts once another reading finds the same.
 * Resolves with undefined if that is not so yet.
 */
export async function fillAssets(
  record: RegionRecord,
  tools: WorkTools,
  limits: Limits,
): Promise<RegionRecord | Trouble | undefined> {
  const live = liveOf(record.id, tools);
  const assets = await gatherAssets(record, tools, limits);
  if (limits.signal.aborted || !assets) return undefined;
  if ('reason' in assets) return assets;
  const isKnown = assets.layers.every(({ filled }) => !filled.items);
  const found = isKnown || (await readAgain(assets, record, tools, limits, live));
  if (limits.signal.aborted || !found) return undefined;
  if (found !== true) return found;
  live.unstaged.clear();
  return keep(assets, record, tools);
}

/**
 * Stages the parts of the style before the tiles, and counts them from then on: how many there are, only the style tells.
 * Resolves with undefined if the time is over before.
 */
export async function beginAssets(
  record: RegionRecord,
  tools: WorkTools,
  limits: Limits,
): Promise<RegionRecord | Trouble | undefined> {
  const assets = await gatherAssets(record, tools, limits);
  if (limits.signal.aborted || !assets) return undefined;
  const isTrouble = 'reason' in assets;
  // The tiles may be of another host.
  if (isTrouble && (assets.after !== undefined || assets.bytes !== undefined)) return assets;
  // What has failed is tried again at the end.
  liveOf(record.id, tools).unstaged.clear();
  const draft = { ...record.draft!, hasParts: true as const };
  const total = isTrouble ? (tools.book.get(record.id)?.total ?? record.total) : totalOf(record, assets.layers);
  return putAndTell({ ...record, total, draft }, tools);
}

/**
 * Writes the new packs. Resolves with the record, with these packs in its draft; with undefined if a body that it borrows
 * has gone meanwhile.
 */
async function keep(
  { layers, failed }: Assets,
  record: RegionRecord,
  tools: WorkTools,
): Promise<RegionRecord | undefined> {
  const draft = record.draft!;
  const assets: Edition['assets'] = [];
  const missing: FailedTile[] = [...failed];
  const { ofAssets: before = { tiles: 0, bytes: 0, stored: 0 } } = draft;
  let [tiles, bytes, stored] = [0, 0, 0];
  for (const { layer, filled, cacheName, old, oldPack } of layers) {
    missing.push(...filled.failed);
    tiles += filled.tiles;
    bytes += filled.bytes;
    if (!filled.items) {
      assets.push({ layer, cacheName, generation: old!.generation });
      continue;
    }
    const path = packPath(tools.origin, draft.number, 'assets');
    stored += (await tools.packs.write({ cacheName, path }, filled.items)) - (oldPack?.size ?? 0);
    assets.push({ layer, cacheName, generation: draft.number });
  }
  for (const { layer } of assets) await tools.book.put(record, `assets ${layer}`);
  const items = layers.flatMap(({ filled }) => filled.items ?? []);
  const next: RegionRecord = {
    ...record,
    total: totalOf(record, layers),
    borrows: withLenders(record, items),
    draft: {
      ...draft,
      assets,
      ofAssets: { tiles, bytes, stored },
      tiles: draft.tiles - before.tiles + tiles,
      bytes: draft.bytes - before.bytes + bytes,
      stored: draft.stored - before.stored + stored,
      failed: [...draft.failed, ...missing],
    },
  };
  return tools.lending(async () => ((await areThere(items, tools.packs)) ? putAndTell(next, tools) : undefined));
}
