import type { FailedTile } from '../../src/shared/regions';
import type { Wanted } from '../lookup/wanted';
import type { Trouble } from './ask-origin';
import { packPath } from './blocks';
import { fillBlock } from './fill-block';
import type { FillTools } from './fill-tools';
import { packCacheName } from './pack-store';
import type { Edition, RegionRecord } from './records';
import { needsOf } from './style';
import { wantedOf } from './wanted';

/** Documents that are read at most. */
const MAX_DOCUMENTS = 64;
/** Bytes of what one layer has of a style. */
const MAX_ASSETS_BYTES = 256 * 1024 * 1024;

/**
 * Keeps what the style needs: the style itself, TileJSON, sprites, glyphs, images, all of one edition, in one pack a
 * layer. What no layer of the worker has is named as failed: no request for it would come by here.
 */
export async function fillAssets(
  record: RegionRecord,
  tools: FillTools & { origin: string },
  signal: AbortSignal,
): Promise<RegionRecord | Trouble> {
  const { packs, origin, nameOf } = tools;
  const draft = record.draft!;
  const failed: FailedTile[] = [];
  const documents = new Map<string, Wanted>();
  const others = new Map<string, Wanted>();

  const take = async (into: Map<string, Wanted>, url: string) => {
    const wanted = documents.get(url) ?? others.get(url) ?? (await wantedOf(url, tools));
    if (wanted) into.set(url, wanted);
    else failed.push({ layer: '', reason: `no layer of the worker has ${pathOf(url)}` });
  };

  /** Several rounds, each from what the one before has staged. */
  const fill = async (layer: string, wanted: readonly Wanted[]) => {
    const { partition } = wanted[0]!.subject;
    const cacheName = packCacheName(nameOf(layer, '', partition), record.id);
    const old = record.edition?.assets.find((one) => one.layer === layer);
    const oldName = old && { cacheName: old.cacheName, path: packPath(origin, old.generation, 'assets') };
    const own = await packs.get({ cacheName, path: packPath(origin, draft.number, 'assets') });
    const filled = await fillBlock(
      {
        region: record.id,
        id: `assets ${layer}`,
        wanted,
        mode: draft.mode,
        own,
        old: oldName && (await packs.get(oldName)),
        oldName,
        concurrency: 6,
        most: MAX_ASSETS_BYTES,
        impatient: draft.troubles > 0,
      },
      tools,
      { signal, hasTime: () => true, begun: () => {}, settled: () => {} },
    );
    return { filled, cacheName, old, oldName };
  };

  const byLayer = (all: Iterable<Wanted>) => {
    const groups = new Map<string, Wanted[]>();
    for (const one of all) {
      const { name } = one.address.layer;
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    return groups;
  };

  /** The documents as they are staged or kept: of the edition that is made, not what lies in the HTTP cache. */
  const read = async ({ key }: Wanted, layer: string): Promise<unknown> => {
    const staged = (await tools.records.staged(record.id, `assets ${layer}`)).find((one) => one.key === key);
    let bytes = staged?.body instanceof Uint8Array ? staged.body : undefined;
    const old = record.edition?.assets.find((one) => one.layer === layer);
    if (!bytes && old) {
      const pack = await packs.get({ cacheName: old.cacheName, path: packPath(origin, old.generation, 'assets') });
      const entry = pack?.entries.get(key);
      bytes = pack && entry && (await packs.body(pack, entry));
    }
    try {
      return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as unknown);
    } catch {
      return undefined;
    }
  };

  const style = record.spec.style!;
  await take(documents, style);
  const wanted = documents.get(style);
  if (wanted) {
    const layer = wanted.address.layer.name;
    const { filled } = await fill(layer, [wanted]);
    if (signal.aborted) return record;
    if (!('tiles' in filled)) return filled.trouble ?? { reason: 'interrupted' };
    const needs = needsOf(await read(wanted, layer), style, record.spec.glyphRanges);
    for (const document of needs.documents.slice(0, MAX_DOCUMENTS)) await take(documents, document);
    for (const file of needs.files) await take(others, file);
    // A map that is said to be complete must not be found empty offline.
    for (const what of needs.unseen) failed.push({ layer: '', reason: `no worker sees the ${what} of the style` });
  }

  const assets: Edition['assets'] = [];
  let [tiles, bytes, stored] = [0, 0, 0];
  for (const [layer, wanted] of byLayer([...documents.values(), ...others.values()])) {
    const { filled, cacheName, old } = await fill(layer, wanted);
    if (signal.aborted) return record;
    if (!('tiles' in filled)) return filled.trouble ?? { reason: 'interrupted' };
    // Sprites at a ratio and glyphs of a range that the host does not have are no failure: a map asks for none of them.
    failed.push(...filled.failed.filter(({ reason }) => reason !== '404'));
    tiles += filled.tiles;
    bytes += filled.bytes;
    if (!filled.items) {
      assets.push({ layer, cacheName, generation: old!.generation });
      continue;
    }
    stored += await packs.write({ cacheName, path: packPath(origin, draft.number, 'assets') }, filled.items);
    assets.push({ layer, cacheName, generation: draft.number });
  }
  for (const { layer } of assets) await tools.book.put(record, `assets ${layer}`);
  const total = Math.max(record.total, draft.tiles + draft.failed.length) + tiles;
  return {
    ...record,
    total,
    draft: {
      ...draft,
      assets,
      tiles: draft.tiles + tiles,
      bytes: draft.bytes + bytes,
      stored: draft.stored + stored,
      failed: [...draft.failed, ...failed],
    },
  };
}

/** Without what may be a secret. */
function pathOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
