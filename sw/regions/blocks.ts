import { type Area, createArea } from '../../src/shared/area';
import type { RegionSpec } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
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

/** The block that holds a tile: nobody has to look it up. */
export const blockOf = ({ z, x, y }: TileId): string => `${z}/${x >> LEVELS}/${y >> LEVELS}`;

const areas = (spec: Pick<RegionSpec, 'bounds'>): Area => createArea(spec.bounds);

/** The blocks of a region in the order in which they are filled: what shows most of the map comes first. */
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

/** Computes the blocks of each region once, as long as what it is to hold stays the same. */
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

/** Where packs of a generation lie. */
export const packPath = (origin: string, generation: number, block: string) =>
  `${origin}/__stc/pack/${generation}/${block}`;

/** The generation of a block's pack. */
export const generationOf = ({ default: usual, except }: Generations, block: string): number =>
  Object.hasOwn(except, block) ? except[block]! : usual;

/**
 * Which packs are in force after a switch: of the new generation where something is new, else those of before. As few
 * blocks as may be are named one by one.
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

/** Packs of an edition, each with its layer. */
export function packsOf(edition: Edition, origin: string): Array<{ cacheName: string; path: string; block: string }> {
  const packs = blocksOf(edition.spec, edition.layers.length).map(({ layer, name }) => ({
    cacheName: edition.layers[layer]!.cacheName,
    path: packPath(origin, generationOf(edition.blocks[layer]!, name), name),
    block: name,
  }));
  for (const { cacheName, generation } of edition.assets)
    packs.push({ cacheName, path: packPath(origin, generation, 'assets'), block: 'assets' });
  return packs;
}
