import { createArea } from '../../src/shared/area';
import type { RegionBounds } from '../../src/shared/area-shape';
import type { ArchiveTileType } from '../../src/shared/pmtiles-header';
import { inFileOrder } from '../../src/shared/hilbert';
import { pmtilesOf, type ArchiveTile, type BlobRange } from '../../src/shared/pmtiles-writer';
import type { RegionCommand } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { refuse } from '../../src/shared/validate';
import type { Subject } from '../ledger/subject';
import { decodeMeta } from '../store/tile-meta';
import { bareTemplate, isPrivate } from './bare-template';
import { blocksOf, generationOf, packPath } from './blocks';
import type { CommandTools } from './command-tools';
import { contentName } from './content-name';
import { REGION_METADATA } from './file-format';
import { knownRegion } from './known';
import { runsOfNone } from './no-tiles';
import type { PackEntry } from '../store/pack';
import { createPackBodies } from '../store/pack-bodies';
import type { Edition, RegionRecord, SavedLayer } from './records';
import { isAbsent } from './right';
import { wantedTiles } from './wanted';

const CODE = 'INVALID_OPTION';
const TYPES: Record<string, ArchiveTileType> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'application/vnd.mapbox-vector-tile': 'mvt',
  'application/x-protobuf': 'mvt',
};

/** The most editions that an export begins to read: each may be replaced meanwhile. */
const TRIES = 3;

/** What one archive has room for. */
type Asked = Pick<Extract<RegionCommand, { action: 'export' }>, 'layer' | 'ratio'>;

/** A layer of an edition, in one pixel ratio. */
interface Part {
  edition: Edition;
  /** The place of the layer in the edition's list. */
  index: number;
  /** The layer, with this ratio only. */
  saved: SavedLayer;
}

/**
 * Exports one layer of a region, in one pixel ratio, as a whole PMTiles archive, or rejects if a part of it cannot be
 * read. The archive contains no secret from the layer's URLs, and no purged tile.
 */
export async function exportRegion(id: unknown, asked: Asked, tools: CommandTools): Promise<Blob> {
  for (let tries = 0; ; tries += 1) {
    const record = await knownRegion(id, tools);
    const { edition } = record;
    if (!edition) refuse(CODE, 'id', 'a region that is complete', 'Wait for region.complete.');
    const part = partOf(edition, asked);
    const kept = await keptIn(part, tools);
    if (kept) return fileOf(record, part, kept, tools);
    // The packs of an edition are deleted soon after another one is in force: then export that one.
    if (tries < TRIES && tools.book.get(record.id)?.edition !== edition) continue;
    refuse(CODE, 'id', 'a region whose tiles can all be read', 'Update it, then export it again.');
  }
}

/** A tile that was read from an edition. */
interface Kept {
  tile: TileId;
  subject: Subject;
  entry: PackEntry;
  /** In the Blob of its block: a browser keeps large ones on disk. */
  body: BlobRange;
  /** The same for equal bodies. */
  content: string;
}

async function fileOf(
  record: RegionRecord,
  { edition, saved }: Part,
  kept: readonly Kept[],
  tools: CommandTools,
): Promise<Blob> {
  // Apply the current rules: one may have come while the tiles were read.
  const shown = kept.filter(({ subject, entry }) => !isAbsent(tools, subject, entry));
  const isNone = ({ entry }: Kept) => entry.status !== 200 || entry.length === 0;
  const tiles = shown.filter((one) => !isNone(one));
  if (tiles.length === 0) refuse(CODE, 'id', 'a region with tiles');
  const none = runsOfNone(
    shown.filter(isNone).map(({ tile, entry: { status } }) => ({ tile, status: status === 200 ? 204 : status })),
  );
  const type = typeOf(tiles.at(-1)!.entry);
  const layer = tools.layer(saved.layer);
  const template = layer && bareTemplate(saved.template, layer);
  const own = {
    id: record.id,
    name: record.name,
    layer: saved.layer,
    ...(template !== undefined && { template }),
    ...(saved.ratios[0] && { ratio: saved.ratios[0] }),
    ...(record.spec.maxBytes !== undefined && { maxBytes: record.spec.maxBytes }),
    // A URL without its secrets does not say whose tiles these are.
    ...(layer && isPrivate(saved, layer) && { private: true }),
    type,
    bounds: edition.spec.bounds,
    zooms: edition.spec.zooms,
    savedAt: edition.savedAt,
    version: edition.versions[saved.layer] || labelOf(tiles),
    ...(none.length > 0 && { none }),
  };
  const parts = await pmtilesOf(tiles.map(archived), {
    tileType: TYPES[type.split(';')[0]!.trim().toLowerCase()] ?? 'unknown',
    internalCompression: 'gzip',
    metadata: { name: record.name, [REGION_METADATA]: own },
    bounds: boxAround(edition.spec.bounds),
  });
  return new Blob(parts, { type: 'application/vnd.pmtiles' });
}

const archived = ({ tile, body, content }: Kept): ArchiveTile => ({ tile, body, content });

/** Returns the version that all tiles are labelled with; '' if they are not. */
function labelOf(tiles: readonly Kept[]): string {
  const labels = new Set(tiles.map(({ entry }) => decodeMeta(entry.meta)?.version ?? ''));
  return labels.size === 1 ? [...labels][0]! : '';
}

const typeOf = ({ headers }: PackEntry) =>
  headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? 'application/octet-stream';

/** Returns the layer and the ratio that a page asks for. A region that has several needs a name for one. */
function partOf(edition: Edition, { layer, ratio }: Asked): Part {
  const names = edition.layers.map((saved) => saved.layer);
  const index = placeOf(layer, 'layer', names);
  const saved = edition.layers[index]!;
  return { edition, index, saved: { ...saved, ratios: [saved.ratios[placeOf(ratio, 'ratio', saved.ratios)]!] } };
}

function placeOf(name: string | undefined, field: 'layer' | 'ratio', names: readonly string[]): number {
  const one = `one of ${names.map((known) => known || "''").join(', ')}`;
  if (name === undefined && names.length > 1) refuse(CODE, field, one, `An archive holds one ${field}: name it.`);
  const index = name === undefined ? 0 : names.indexOf(name);
  return index < 0 ? refuse(CODE, field, one) : index;
}

/** Resolves with all tiles of a part of a region; undefined if one of them cannot be read. */
async function keptIn({ edition, index, saved }: Part, tools: CommandTools): Promise<Kept[] | undefined> {
  const { packs, origin } = tools;
  const area = createArea(edition.spec.bounds);
  const kept: Kept[] = [];
  for (const block of blocksOf(edition.spec, edition.layers.length)) {
    if (block.layer !== index) continue;
    const path = packPath(origin, generationOf(edition.blocks[index]!, block.name), block.name);
    const pack = await packs.get({ cacheName: saved.cacheName, path });
    if (!pack) return undefined;
    const read = packs.bodies(1);
    const found: Read[] = [];
    const tiles = inFileOrder([...area.within(block.root, block.zoom)]);
    for (const { tile, key, subject } of await wantedTiles(saved, tiles, tools, origin)) {
      // A file of one user's tiles is for nobody else.
      if (subject.partition !== saved.partition)
        refuse(CODE, 'id', 'a region of the current user', 'Export it while its user is logged in.');
      const entry = pack.entries.get(key);
      if (!entry) continue;
      const bytes = await read(pack, entry);
      if (!bytes) return undefined;
      found.push({ tile, subject, entry, bytes });
    }
    kept.push(...inOneBlob(found));
  }
  return kept;
}

/** A tile with its bytes. */
type Read = Omit<Kept, 'body' | 'content'> & { bytes: Uint8Array<ArrayBuffer> };

/** Puts the bodies of a block into one Blob, equal ones once. */
function inOneBlob(found: readonly Read[]): Kept[] {
  const bodies = createPackBodies();
  const placed = found.map(({ bytes, ...rest }) => ({
    ...rest,
    from: bodies.place(bytes, rest.entry.crc),
    content: contentName(bytes, rest.entry.crc),
  }));
  const blob = new Blob(bodies.parts());
  return placed.map(({ from, ...rest }) => ({ ...rest, body: { blob, from, to: from + rest.entry.length } }));
}

/**
 * Returns one box around the whole region: readers request no tile beyond it. An archive's box cannot cross the
 * antimeridian.
 */
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
