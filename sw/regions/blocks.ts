import { type Area, createArea } from '../../src/shared/area';
import type { RegionSpec } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import type { PackName } from '../store/pack';
import type { Edition, Generations, RegionRecord } from './records';

/** A block is a square of 16 by 16 tiles: one pack. */
const LEVELS = 4;

/** A square of tiles of one zoom, as far as they touch the region. */
export interface Block {
  /** The layer's place in the region's list. */
  layer: number;
  /** `zoom/x/y` */
  name: string;
  zoom: number;
  root: TileId;
}

/** Returns the name of the block that holds a tile, computed without a lookup. */
export const blockOf = ({ z, x, y }: TileId): string => `${z}/${x >> LEVELS}/${y >> LEVELS}`;

const areas = (spec: Pick<RegionSpec, 'bounds'>): Area => createArea(spec.bounds);

/** Returns the blocks of a region in the order of filling: those that show most of the map come first. */
export function blocksOf(spec: Pick<RegionSpec, 'bounds' | 'zooms'>, layers: number): Block[] {
  const area = areas(spec);
  const blocks: Block[] = [];
  for (let zoom = spec.zooms[0]; zoom <= spec.zooms[1]; zoom += 1) {
    const roots = [...area.tiles(Math.max(0, zoom - LEVELS))];
    for (let layer = 0; layer < layers; layer += 1)
      for (const root of roots) blocks.push({ layer, name: `${zoom}/${root.x}/${root.y}`, zoom, root });
  }
  return blocks;
}

/** Computes the blocks of each region once, and again only when the tiles that it is to hold change. */
export function createBlockLists(): (record: RegionRecord) => Block[] {
  const lists = new Map<string, { of: RegionRecord['spec']; blocks: Block[] }>();
  return ({ id, spec, layers }) => {
    const known = lists.get(id);
    if (known?.of === spec) return known.blocks;
    const blocks = blocksOf(spec, layers.length);
    lists.set(id, { of: spec, blocks });
    return blocks;
  };
}

/** Returns the path of a pack of a generation. */
export const packPath = (origin: string, generation: number, block: string) =>
  `${origin}/__stc/pack/${generation}/${block}`;

/** Returns the block of a pack, by its path. */
export const blockIn = ({ path }: PackName): string => path.split('/').slice(6).join('/');

/** True for the path of a pack; a cache of packs also holds a note about its region. */
export const isPackPath = (path: string): boolean => path.includes('/__stc/pack/');

/** The generation of a block's pack. */
export const generationOf = ({ default: usual, except }: Generations, block: string): number =>
  Object.hasOwn(except, block) ? except[block]! : usual;

/**
 * Returns which packs are in force after a switch: those of the new generation for changed blocks, else the earlier
 * ones. It names as few blocks as possible one by one.
 */
export function nextGenerations(
  before: Generations | undefined,
  blocks: readonly string[],
  changed: Readonly<Record<string, true>>,
  number: number,
): Generations {
  const after = blocks.map((block): [string, number] => [
    block,
    Object.hasOwn(changed, block) || !before ? number : generationOf(before, block),
  ]);
  const counts = new Map<number, number>();
  for (const [, generation] of after) counts.set(generation, (counts.get(generation) ?? 0) + 1);
  const usual = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? number;
  return { default: usual, except: Object.fromEntries(after.filter(([, generation]) => generation !== usual)) };
}

/** Packs of an edition. */
export function packsOf(edition: Edition, origin: string): PackName[] {
  const packs = blocksOf(edition.spec, edition.layers.length).map(({ layer, name }) => ({
    cacheName: edition.layers[layer]!.cacheName,
    path: packPath(origin, generationOf(edition.blocks[layer]!, name), name),
  }));
  for (const { cacheName, generation } of edition.assets)
    packs.push({ cacheName, path: packPath(origin, generation, 'assets') });
  return packs;
}

/** Packs that the draft of a region has written. */
export function packsOfDraft(
  { spec, layers, draft }: Pick<RegionRecord, 'spec' | 'layers' | 'draft'>,
  origin: string,
): PackName[] {
  if (!draft) return [];
  const { number, changed, assets = [] } = draft;
  const blocks = blocksOf(spec, layers.length).filter(({ layer, name }) => Object.hasOwn(changed[layer] ?? {}, name));
  return [
    ...blocks.map(({ layer, name }) => ({ cacheName: layers[layer]!.cacheName, path: packPath(origin, number, name) })),
    ...assets
      .filter(({ generation }) => generation === number)
      .map(({ cacheName }) => ({ cacheName, path: packPath(origin, number, 'assets') })),
  ];
}

/** Returns the pack that the draft is about to write: a stop or a change may come between the pack and the record. */
export function packInWork(
  { spec, layers, draft }: Pick<RegionRecord, 'spec' | 'layers' | 'draft'>,
  origin: string,
): PackName[] {
  if (!draft) return [];
  const ordinal = draft.list ? draft.list[draft.done] : draft.done;
  const block = ordinal === undefined ? undefined : blocksOf(spec, layers.length)[ordinal];
  if (!block) return [];
  return [{ cacheName: layers[block.layer]!.cacheName, path: packPath(origin, draft.number, block.name) }];
}

/** Returns the names of all caches that a region uses. */
export const cachesOf = ({ layers, edition, draft }: RegionRecord) => [
  ...new Set(
    [...layers, ...(edition?.layers ?? []), ...(edition?.assets ?? []), ...(draft?.assets ?? [])].map(
      ({ cacheName }) => cacheName,
    ),
  ),
];
