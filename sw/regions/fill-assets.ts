import { createArea } from '../../src/shared/area';
import { type FailedTile, MAX_REGION_TILES } from '../../src/shared/regions';
import type { Trouble } from './ask-origin';
import { packPath } from './blocks';
import type { FillTools, Limits } from './fill-tools';
import { gatherAssets, type Assets } from './gather-assets';
import type { Live } from './live';
import { readAgain } from './read-again';
import type { Edition, RegionRecord } from './records';
import { strataOf } from './strata';

/**
 * Keeps everything that the style needs: the style itself, TileJSON, sprites, glyphs, images, all of one edition, in
 * one pack per layer. An origin may publish during the reading: the result counts once another reading finds the same.
 * Resolves with undefined if that is not so yet.
 */
export async function fillAssets(
  record: RegionRecord,
  tools: FillTools & { origin: string },
  limits: Limits,
  live: Live,
): Promise<RegionRecord | Trouble | undefined> {
  const assets = await gatherAssets(record, tools, limits, live);
  if (limits.signal.aborted || !assets) return undefined;
  if ('reason' in assets) return assets;
  const isKnown = assets.layers.every(({ filled }) => !filled.items);
  const found = isKnown || (await readAgain(assets, record.id, tools, limits, live));
  if (limits.signal.aborted || !found) return undefined;
  if (found !== true) return found;
  live.unstaged.clear();
  return keep(assets, record, tools);
}

/** Writes the new packs. Resolves with the record, with these packs in its draft. */
async function keep(
  { layers, failed }: Assets,
  record: RegionRecord,
  tools: FillTools & { origin: string },
): Promise<RegionRecord> {
  const draft = record.draft!;
  const assets: Edition['assets'] = [];
  const missing: FailedTile[] = [...failed];
  const { ofAssets: before = { tiles: 0, bytes: 0, stored: 0 } } = draft;
  let [tiles, bytes, stored] = [0, 0, 0];
  for (const { layer, filled, cacheName, old } of layers) {
    missing.push(...filled.failed);
    tiles += filled.tiles;
    bytes += filled.bytes;
    if (!filled.items) {
      assets.push({ layer, cacheName, generation: old!.generation });
      continue;
    }
    const path = packPath(tools.origin, draft.number, 'assets');
    stored += await tools.packs.write({ cacheName, path }, filled.items);
    assets.push({ layer, cacheName, generation: draft.number });
  }
  for (const { layer } of assets) await tools.book.put(record, `assets ${layer}`);
  return {
    ...record,
    total: tilesOf(record) + tiles,
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
}

/** Tiles of a region, without its style. */
function tilesOf({ spec, layers }: RegionRecord): number {
  const ratios = layers.map((layer) => layer.ratios.length);
  const strata = strataOf(createArea(spec.bounds), spec.zooms, ratios, MAX_REGION_TILES);
  return strata.reduce((sum, { count }) => sum + count, 0);
}
