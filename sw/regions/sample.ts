import { createArea } from '../../src/shared/area';
import { hilbertId, hilbertTile } from '../../src/shared/hilbert';
import type { RegionEstimate } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import type { Wanted } from '../lookup/wanted';
import { askOrigin, type Trouble, written } from './ask-origin';
import { blockOf } from './blocks';
import type { Checked } from './check-spec';
import type { CommandTools } from './command-tools';
import { extrapolate } from './estimate';
import { fromStore } from './from-store';
import type { PackItem } from '../store/pack';
import { createSampler, type PlaceOf, type Run } from './sampler';
import { wantedTiles } from './wanted';

/** Milliseconds that a sample may take. */
const SAMPLE_MS = 10_000;
/** Requests at once. */
const SAMPLE_AT_ONCE = 6;
/** The number of refusals after which the sample leaves out a layer that has given no tile. */
const MAX_REFUSALS = 12;
/** The number of failures after which the sample ends with the sizes that it has. */
const MAX_TROUBLES = 5;

/** An estimate. `busy`: a host has asked for a wait. */
export type Sampled = RegionEstimate & { busy?: Trouble };

/** A tile of the sample, with its layer's place in the list. */
type SampleTile = Wanted & { tile: TileId; layer: number };

/**
 * Fetches some tiles, spread over the region, and estimates from them the size of all. `keep`: the tiles become the
 * region's first. `hurry` ends the sample with the sizes that it has.
 */
export async function estimateRegion(
  checked: Checked,
  keep: boolean,
  tools: CommandTools,
  hurry?: AbortSignal,
): Promise<Sampled> {
  const { layers, strata, total } = checked;
  const { sums, sampled, busy } = await measure(checked, keep, tools, hurry);
  const { bytes, spread } = sums ?? { bytes: undefined, spread: undefined };
  const counts: Record<string, number> = {};
  for (const { layer, count } of strata) {
    const name = layers[layer]!.layer;
    counts[name] = (counts[name] ?? 0) + count;
  }
  const available = await tools.space.available();
  return { tiles: total, layers: counts, bytes, spread, sampled, available, ...(busy && { busy }) };
}

/** The tiles of a region by their places in its strata. */
function createTiles({ spec, layers, strata }: Checked, tools: CommandTools) {
  const area = createArea(spec.bounds);
  const orders = new Map<number, Float64Array>();
  /** Orders tiles along a curve on which neighbours are mostly neighbours on the map. */
  const orderOf = (zoom: number, count: number) => {
    let order = orders.get(zoom);
    if (!order) {
      order = new Float64Array(count);
      let at = 0;
      for (const tile of area.tiles(zoom)) if (at < count) order[at++] = hilbertId(tile);
      orders.set(zoom, order.sort());
    }
    return order;
  };
  const tileAt = (stratum: number, at: number): TileId => {
    const { zoom, count } = strata[stratum]!;
    return hilbertTile(zoom, orderOf(zoom, count)[at]!);
  };
  const tileOf = ({ stratum, at, holds }: Run): TileId => {
    if (!holds) return tileAt(stratum, at);
    const { zoom } = strata[stratum]!;
    const { z, x, y } = tileAt(holds.stratum, holds.at);
    return { z: zoom, x: x >> (z - zoom), y: y >> (z - zoom) };
  };
  const placeOf: PlaceOf = (stratum, at) => {
    const { z, x, y } = tileAt(stratum, at);
    return [x / 2 ** z, y / 2 ** z];
  };
  const wantedFor = async (run: Run): Promise<SampleTile | undefined> => {
    const { layer, ratio } = strata[run.stratum]!;
    const saved = { ...layers[layer]!, ratios: [layers[layer]!.ratios[ratio]!] };
    const accept = tools.book.accept(saved.layer);
    const [wanted] = await wantedTiles(saved, [tileOf(run)], tools, tools.origin, accept);
    return wanted && { ...wanted, layer };
  };
  return { placeOf, wantedFor };
}

/** Measures tiles that are stored or come in time. `sampled` is the number of requests to the origin. */
async function measure(checked: Checked, keep: boolean, tools: CommandTools, hurry?: AbortSignal) {
  const { spec, strata } = checked;
  const { placeOf, wantedFor } = createTiles(checked, tools);
  const sampler = createSampler(strata, placeOf);
  const time = new AbortController();
  hurry?.addEventListener('abort', () => time.abort(), { once: true });
  if (hurry?.aborted) time.abort();
  let over = false;
  void tools.sleep(SAMPLE_MS).then(() => !over && time.abort());
  let [sampled, troubles] = [0, 0];
  let busy: Trouble | undefined;
  /** Hosts that have asked for a wait: they are asked for no other tile. */
  const waiting = new Set<string>();
  /** Refusals of layers that have given no tile. */
  const refusals = new Map<number, number>();

  const sizeOf = async (next: SampleTile): Promise<number | undefined> => {
    const { held, found } = await fromStore(next, spec.id, tools);
    if (held) {
      if (keep) await stage(next, held.item);
      return held.bytes;
    }
    const { host } = new URL(next.request.url);
    const refused = refusals.get(next.layer) ?? 0;
    if (waiting.has(host) || refused >= MAX_REFUSALS) return undefined;
    sampled += 1;
    const answered = await askOrigin(next, tools, { signal: time.signal }, false, found);
    if (answered.kind === 'trouble') {
      const { reason, after } = answered;
      if (after === undefined) troubles += 1;
      else {
        waiting.add(host);
        busy = { reason, after: Math.max(after, busy?.after ?? 0) };
      }
    }
    if (answered.kind === 'refused') refusals.set(next.layer, (refusals.get(next.layer) ?? 0) + 1);
    if (answered.kind !== 'tile') return undefined;
    refusals.set(next.layer, -Infinity);
    const { tile, bytes } = answered;
    if (keep) await stage(next, { ...written(tile), body: bytes });
    return bytes.byteLength;
  };
  const stage = ({ layer, tile, key }: SampleTile, item: Omit<PackItem, 'key'>) =>
    tools.records.stage({ ...item, region: spec.id, block: `${layer} ${blockOf(tile)}`, key }).catch(() => {});
  const worker = async () => {
    while (!time.signal.aborted && troubles < MAX_TROUBLES) {
      const run = sampler.next();
      if (!run) return;
      const next = await wantedFor(run);
      const size = next && (await sizeOf(next));
      if (size !== undefined) run.size = size;
    }
  };
  await Promise.all(Array.from({ length: SAMPLE_AT_ONCE }, worker));
  over = true;
  return { sums: extrapolate(strata, sampler.runs, placeOf), sampled, busy };
}
