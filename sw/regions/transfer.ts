import { createArea } from '../../src/shared/area';
import { pmtilesOf, type ArchiveTile } from '../../src/shared/pmtiles-writer';
import type { ArchiveTileType } from '../../src/shared/pmtiles-header';
import type { RegionInfo, RegionSpec } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { isRecord, isVersion, refuse } from '../../src/shared/validate';
import { encodeMeta } from '../store/tile-meta';
import { openArchiveFile } from './archive-file';
import { blocksOf, generationOf, packPath } from './blocks';
import { crc32 } from './crc32';
import type { FillTools } from './fill-tools';
import { MAX_BLOCK_BYTES } from './block-plan';
import { beginDraft } from './draft';
import { bytesIn, type PackItem } from './pack';
import { putAndTell } from './put-and-tell';
import type { RegionRecord, SavedLayer } from './records';
import { finishDraft } from './switch';
import { wantedTiles } from './wanted';

/** The region's own lines in an archive's metadata. */
const OWN = 'sw-tile-cache';
const CODE = 'INVALID_OPTION';
const TYPES: Record<string, ArchiveTileType> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'application/vnd.mapbox-vector-tile': 'mvt',
  'application/x-protobuf': 'mvt',
};

interface TransferTools extends FillTools {
  origin: string;
  check: (spec: unknown) => Promise<{ spec: RegionSpec; layers: SavedLayer[]; total: number }>;
  info: (record: RegionRecord) => Promise<RegionInfo>;
  told: (id: string, now?: boolean) => void;
}

/** Takes regions out as PMTiles archives, and in again. */
export function createTransfer(tools: TransferTools) {
  const { book, packs, ledger, now, origin } = tools;

  const exportRegion = async (record: RegionRecord, name: string | undefined): Promise<Blob> => {
    const { edition } = record;
    if (!edition) refuse(CODE, 'id', 'a region that is complete', 'Wait for region.complete.');
    const names = edition.layers.map(({ layer }) => layer);
    if (name === undefined && names.length > 1)
      refuse(CODE, 'layer', `one of ${names.join(', ')}`, 'An archive holds one layer: name it.');
    const index = name === undefined ? 0 : names.indexOf(name);
    const saved = edition.layers[index] ?? refuse(CODE, 'layer', `one of ${names.join(', ')}`);
    const area = createArea(edition.spec.bounds);
    const tiles: ArchiveTile[] = [];
    let type = 'application/octet-stream';
    for (const block of blocksOf(edition.spec, edition.layers.length)) {
      if (block.layer !== index) continue;
      const path = packPath(origin, generationOf(edition.blocks[index]!, block.name), block.name);
      const pack = await packs.get({ cacheName: saved.cacheName, path });
      const first = { ...saved, ratios: saved.ratios.slice(0, 1) };
      for (const { tile, key } of await wantedTiles(first, area.within(block.root, block.zoom), tools, origin)) {
        const entry = pack?.entries.get(key);
        if (!pack || entry?.status !== 200) continue;
        const body = await packs.body(pack, entry);
        if (!body?.length) continue;
        type = entry.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? type;
        tiles.push({ tile, body: new Blob([body]), content: `${entry.length} ${crc32(body)}` });
      }
    }
    if (tiles.length === 0) refuse(CODE, 'id', 'a region with tiles');
    const { id, spec } = record;
    const [west, south, east, north] = area.boxes[0]!;
    const own = {
      id,
      name: record.name,
      layer: saved.layer,
      template: saved.template,
      type,
      bounds: edition.spec.bounds,
      zooms: spec.zooms,
      savedAt: edition.savedAt,
      version: edition.versions[saved.layer] ?? '',
    };
    const parts = await pmtilesOf(tiles, {
      tileType: TYPES[type.split(';')[0]!.trim().toLowerCase()] ?? 'unknown',
      internalCompression: 'gzip',
      metadata: { name: record.name, [OWN]: own },
      bounds: [west, south, west > east ? 180 : east, north],
    });
    return new Blob(parts, { type: 'application/vnd.pmtiles' });
  };

  const importRegion = async (file: Blob): Promise<RegionInfo> => {
    const archive = await openArchiveFile(file);
    const own = archive.metadata[OWN];
    const remedy = 'Use a file that regions.export() made.';
    if (!isRecord(own) || !Number.isSafeInteger(own['savedAt']) || typeof own['type'] !== 'string')
      refuse(CODE, 'file', 'a file with a region in its metadata', remedy);
    const { id, name, layer, template, bounds, zooms, type, version } = own as Record<string, string>;
    const { spec, layers, total } = await tools.check({ id, name, layers: [{ layer, template }], bounds, zooms });
    const saved = layers[0]!;
    await book.load();
    if (book.get(spec.id)) refuse(CODE, 'id', `no region that is here already (${spec.id})`, 'Remove that one first.');
    const state = ledger.state ?? refuse('STORAGE_FAILED', 'file', 'stored, and storage does not work');
    const savedAt = Math.min(own['savedAt'] as number, now());
    const meta = encodeMeta({
      requestAt: savedAt,
      responseAt: savedAt,
      ledger: state.id,
      epoch: state.epoch,
      version: isVersion(version) ? version : '',
      variant: '',
      group: '',
      token: '',
    });
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
    let record = beginDraft(empty, 'missing', state, now());
    const area = createArea(spec.bounds);
    const itemOf = async (tile: TileId, key: string): Promise<PackItem | undefined> => {
      const body = await archive.tile(tile);
      const headers: Array<[string, string]> = [
        ['content-type', type!],
        ['content-length', String(body?.length)],
        ['date', new Date(savedAt).toUTCString()],
      ];
      return body && { key, status: 200, headers, meta, body };
    };
    try {
      for (const block of blocksOf(spec, 1)) {
        const items: PackItem[] = [];
        for (const { tile, key } of await wantedTiles(saved, area.within(block.root, block.zoom), tools, origin)) {
          const item = await itemOf(tile, key);
          if (item) items.push(item);
          // Many tiles of a file may be the same bytes of it: a small file may ask for any memory.
          if (bytesIn(items) > MAX_BLOCK_BYTES) refuse(CODE, 'file', 'a file with smaller tiles', remedy);
        }
        const draft = record.draft!;
        const size = await packs.write(
          { cacheName: saved.cacheName, path: packPath(origin, draft.number, block.name) },
          items,
        );
        const changed = [{ ...draft.changed[0], [block.name]: true as const }];
        const counts = {
          tiles: draft.tiles + items.length,
          bytes: draft.bytes + bytesIn(items),
          stored: draft.stored + size,
        };
        record = { ...record, draft: { ...draft, ...counts, changed } };
      }
    } catch (error) {
      await packs.drop(saved.cacheName).catch(() => {});
      throw error;
    }
    // Tiles of another version than the one in force are asked for again: what is here is shown until then.
    record = { ...finishDraft(record, state, now(), origin), total: record.draft!.tiles };
    return tools.info(await putAndTell(record, tools));
  };

  return { exportRegion, importRegion };
}
