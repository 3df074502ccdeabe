import { createArea } from '../../src/shared/area';
import type { RegionBounds } from '../../src/shared/area-shape';
import type { ArchiveTileType } from '../../src/shared/pmtiles-header';
import { pmtilesOf, type ArchiveTile } from '../../src/shared/pmtiles-writer';
import { refuse } from '../../src/shared/validate';
import { bareTemplate, isPrivate } from './bare-template';
import { blocksOf, generationOf, packPath } from './blocks';
import type { CommandTools } from './command-tools';
import { crc32 } from './crc32';
import type { Edition, RegionRecord, SavedLayer } from './records';
import { wantedTiles } from './wanted';

/** The region's own lines in an archive's metadata. */
export const OWN = 'sw-tile-cache';
const CODE = 'INVALID_OPTION';
const TYPES: Record<string, ArchiveTileType> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'application/vnd.mapbox-vector-tile': 'mvt',
  'application/x-protobuf': 'mvt',
};

/** One layer of a region as a PMTiles archive. No secret of its URLs goes along. */
export async function exportRegion(record: RegionRecord, name: unknown, tools: CommandTools): Promise<Blob> {
  const { edition } = record;
  if (!edition) refuse(CODE, 'id', 'a region that is complete', 'Wait for region.complete.');
  const index = layerIn(edition, name);
  const saved = edition.layers[index]!;
  const { tiles, type } = await tilesOf(edition, index, tools);
  if (tiles.length === 0) refuse(CODE, 'id', 'a region with tiles');
  const layer = tools.layer(saved.layer);
  const template = layer && bareTemplate(saved.template, layer);
  const own = {
    id: record.id,
    name: record.name,
    layer: saved.layer,
    ...(template !== undefined && { template }),
    // Whose tiles these are, a URL without its secrets does not say.
    ...(layer && isPrivate(saved, layer) && { private: true }),
    type,
    bounds: edition.spec.bounds,
    zooms: edition.spec.zooms,
    savedAt: edition.savedAt,
    version: edition.versions[saved.layer] ?? '',
  };
  const parts = await pmtilesOf(tiles, {
    tileType: TYPES[type.split(';')[0]!.trim().toLowerCase()] ?? 'unknown',
    internalCompression: 'gzip',
    metadata: { name: record.name, [OWN]: own },
    bounds: boxAround(edition.spec.bounds),
  });
  return new Blob(parts, { type: 'application/vnd.pmtiles' });
}

/** The place of the layer that is meant. */
function layerIn({ layers }: Edition, name: unknown): number {
  const names = layers.map(({ layer }) => layer);
  if (name === undefined && names.length > 1)
    refuse(CODE, 'layer', `one of ${names.join(', ')}`, 'An archive holds one layer: name it.');
  const index = name === undefined ? 0 : names.indexOf(name as string);
  return index < 0 ? refuse(CODE, 'layer', `one of ${names.join(', ')}`) : index;
}

async function tilesOf(edition: Edition, index: number, tools: CommandTools) {
  const { packs, origin } = tools;
  const area = createArea(edition.spec.bounds);
  const saved = edition.layers[index]!;
  const first: SavedLayer = { ...saved, ratios: saved.ratios.slice(0, 1) };
  const tiles: ArchiveTile[] = [];
  let type = 'application/octet-stream';
  for (const block of blocksOf(edition.spec, edition.layers.length)) {
    if (block.layer !== index) continue;
    const path = packPath(origin, generationOf(edition.blocks[index]!, block.name), block.name);
    const pack = await packs.get({ cacheName: saved.cacheName, path });
    for (const { tile, key } of await wantedTiles(first, area.within(block.root, block.zoom), tools, origin)) {
      const entry = pack?.entries.get(key);
      if (!pack || entry?.status !== 200) continue;
      const body = await packs.body(pack, entry);
      if (!body?.length) continue;
      type = entry.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? type;
      tiles.push({ tile, body: new Blob([body]), content: `${entry.length} ${crc32(body)}` });
    }
  }
  return { tiles, type };
}

/** One box around all of it: beyond it readers ask for no tile. An archive's cannot go over the antimeridian. */
function boxAround(bounds: RegionBounds): [west: number, south: number, east: number, north: number] {
  const { boxes } = createArea(bounds);
  const over = boxes.some(([west, , east]) => west > east);
  const all = (index: number) => boxes.map((box) => box[index]!);
  return [
    over ? -180 : Math.min(...all(0)),
    Math.min(...all(1)),
    over ? 180 : Math.max(...all(2)),
    Math.max(...all(3)),
  ];
}
