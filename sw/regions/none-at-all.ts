import type { FailedTile } from '../../src/shared/regions';
import { listed } from './after-block';
import { wantedIn } from './block-sources';
import { packPath } from './blocks';
import type { WorkTools } from './job-tools';
import type { RegionRecord } from './records';

/**
 * Resolves with the record of a region that has never had a tile, because its origin has answered all of them with 404 or
 * 410. A wrong URL is likelier than an area without any, so that these tiles have failed, too. Resolves with undefined if a
 * tile has come.
 */
export async function withoutAnyTile(record: RegionRecord, tools: WorkTools): Promise<RegionRecord | undefined> {
  const draft = record.draft!;
  if (draft.hasTiles || record.edition?.tiles) return undefined;
  const failed: FailedTile[] = [...draft.failed];
  let { tiles, bytes, stored } = draft;
  for (const block of tools.blocksFor(record)) {
    const { cacheName, layer } = record.layers[block.layer]!;
    if (!Object.hasOwn(draft.changed[block.layer]!, block.name)) continue;
    const name = { cacheName, path: packPath(tools.origin, draft.number, block.name) };
    const pack = await tools.packs.get(name);
    if (!pack || pack.entries.size === 0) continue;
    for (const { key, tile } of (await wantedIn(block, record, tools)).wanted) {
      const entry = pack.entries.get(key);
      if (entry) failed.push({ layer, tile, reason: String(entry.status) });
    }
    for (const { length } of pack.entries.values()) bytes -= length;
    tiles -= pack.entries.size;
    stored += (await tools.packs.write(name, [])) - pack.size;
  }
  if (tiles === draft.tiles) return undefined;
  return { ...record, draft: { ...draft, tiles, bytes, stored, ...listed(failed) } };
}
