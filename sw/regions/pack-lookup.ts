import { type Area, createArea } from '../../src/shared/area';
import { boundsHold, tileBounds } from '../../src/shared/tile-math';
import type { Subject } from '../ledger/subject';
import { blockOf, generationOf, packPath } from './blocks';
import type { PackName } from '../store/pack';
import type { Edition, RegionRecord } from './records';

/** Finds the packs that may contain a tile. */
export interface PackLookup {
  /** Takes the regions whose packs to look through. */
  arrange(regions: Iterable<RegionRecord>): void;
  /** Returns the packs that may contain the tile, and their regions. */
  namesFor(subject: Subject): Array<{ region: string; name: PackName }>;
}

interface Holder {
  region: string;
  edition: Edition;
  index: number;
  area: Area;
}

/** Creates a lookup without any region. */
export function createPackLookup(origin: string): PackLookup {
  let byLayer = new Map<string, Holder[]>();

  const arrange = (regions: Iterable<RegionRecord>) => {
    byLayer = new Map();
    const add = (layer: string, holder: Holder) => byLayer.set(layer, [...(byLayer.get(layer) ?? []), holder]);
    for (const { id, edition } of regions) {
      if (!edition) continue;
      const area = createArea(edition.spec.bounds);
      edition.layers.forEach(({ layer }, index) => add(layer, { region: id, edition, index, area }));
      for (const { layer } of edition.assets)
        if (!edition.layers.some((own) => own.layer === layer)) add(layer, { region: id, edition, index: -1, area });
    }
  };

  const namesFor: PackLookup['namesFor'] = ({ layer, tile, partition }) => {
    const names: ReturnType<PackLookup['namesFor']> = [];
    for (const { region, edition, index, area } of byLayer.get(layer.name) ?? []) {
      if (!tile) {
        // The fourth part of a cache's name is the partition.
        for (const { layer: name, cacheName, generation } of edition.assets)
          if (name === layer.name && (cacheName.split(':')[3] ?? '') === partition)
            names.push({ region, name: { cacheName, path: packPath(origin, generation, 'assets') } });
        continue;
      }
      const saved = edition.layers[index];
      if (!saved || 'crs' in tile || saved.partition !== partition) continue;
      const [min, max] = edition.spec.zooms;
      if (tile.z < min || tile.z > max) continue;
      if (!area.boxes.some((box) => boundsHold(tileBounds(box, tile.z), tile))) continue;
      const block = blockOf(tile);
      const generation = generationOf(edition.blocks[index]!, block);
      names.push({ region, name: { cacheName: saved.cacheName, path: packPath(origin, generation, block) } });
    }
    return names;
  };

  return { arrange, namesFor };
}
