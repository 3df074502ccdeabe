import { createArea } from '../../src/shared/area';
import type { RegionEstimate } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import type { Wanted } from '../lookup/wanted';
import { askOrigin, written } from './ask-origin';
import { blockOf } from './blocks';
import type { Checked } from './check-spec';
import type { CommandTools } from './command-tools';
import { allot, extrapolate, spread } from './estimate';
import { fromStore } from './from-store';
import type { PackItem } from './pack';
import { wantedTiles } from './wanted';

/** Milliseconds that a sample may take. */
const SAMPLE_MS = 10_000;
/** Requests at once. */
const SAMPLE_AT_ONCE = 6;
/** Troubles after which the sample ends with what it has. */
const MAX_TROUBLES = 5;

/** A tile of the sample: the places of its stratum and its layer in their lists. */
type SampleTile = Wanted & { stratum: number; tile: TileId; layer: number };

/** Fetches some tiles, spread over the region, and tells from them what all take. `keep`: they are the region's first. */
export async function estimateRegion(checked: Checked, keep: boolean, tools: CommandTools): Promise<RegionEstimate> {
  const { layers, strata, total } = checked;
  const { sizes, sampled } = await measure(checked, await pickTiles(checked, tools), keep, tools);
  const { bytes, spread: range } = extrapolate(strata, sizes) ?? { bytes: undefined, spread: undefined };
  const counts: Record<string, number> = {};
  for (const { layer, count } of strata) {
    const name = layers[layer]!.layer;
    counts[name] = (counts[name] ?? 0) + count;
  }
  const available = await tools.space.available();
  return { tiles: total, layers: counts, bytes, spread: range, sampled, available };
}

async function pickTiles({ spec, layers, strata }: Checked, tools: CommandTools): Promise<SampleTile[]> {
  const area = createArea(spec.bounds);
  const picked: SampleTile[] = [];
  for (const [stratum, size] of allot(strata).entries()) {
    const { layer, zoom, count } = strata[stratum]!;
    const saved = layers[layer]!;
    const { ratios } = saved;
    const tiles = spread(area, zoom, count / ratios.length, size);
    const wanted = await wantedTiles(saved, tiles, tools, tools.origin, tools.book.accept(saved.layer));
    // Of several ratios one after the other, so that all are in the sample.
    wanted
      .filter((_, k) => k % ratios.length === Math.floor(k / ratios.length) % ratios.length)
      .slice(0, size)
      .forEach((one) => picked.push({ ...one, stratum, layer }));
  }
  return picked;
}

/** Sizes by stratum, of what is stored or comes in time. `sampled`: requests to the origin. */
async function measure({ spec, strata }: Checked, tiles: readonly SampleTile[], keep: boolean, tools: CommandTools) {
  const region = spec.id;
  const sizes: number[][] = strata.map(() => []);
  const queue = [...tiles];
  const time = new AbortController();
  let over = false;
  void tools.sleep(SAMPLE_MS).then(() => !over && time.abort());
  let [sampled, troubles] = [0, 0];

  const came = async ({ stratum, layer, tile, key }: SampleTile, item: Omit<PackItem, 'key'>, bytes: number) => {
    sizes[stratum]!.push(bytes);
    if (!keep) return;
    const block = `${layer} ${blockOf(tile)}`;
    await tools.records.stage({ ...item, region, block, key }).catch(() => {});
  };
  const worker = async () => {
    while (queue.length > 0 && !time.signal.aborted && troubles < MAX_TROUBLES) {
      const next = queue.shift()!;
      const held = await fromStore(next, region, tools);
      if (held) {
        await came(next, held.item, held.bytes);
        continue;
      }
      sampled += 1;
      const answered = await askOrigin(next, tools, time.signal, false);
      if (answered.kind === 'trouble') troubles += 1;
      if (answered.kind !== 'tile') continue;
      const { tile, bytes } = answered;
      await came(next, { ...written(tile), body: bytes }, bytes.byteLength);
    }
  };
  await Promise.all(Array.from({ length: SAMPLE_AT_ONCE }, worker));
  over = true;
  return { sizes, sampled };
}
