import type { Ring } from '../../../src/shared/area-shape';
import type { DriveResult, RegionInfo, RegionSpec, TileCoverage } from '../../../src/shared/regions';
import { tileBBox } from '../../../src/shared/tile-math';
import type { TileId } from '../../../src/shared/tile';
import type { Assembled } from '../../../sw/assemble';
import { openPack } from '../../../sw/store/pack';
import type { FakeCache, FakeCacheStorage } from '../fakes/fake-caches';
import { LAYER, type NetworkModel } from './network-model';
import { type OriginModel, TILES } from './origin-model';

export interface RegionStep {
  do: 'region';
  /** `carry`: the file of the region becomes another region. */
  action: 'save' | 'pause' | 'resume' | 'update' | 'remove' | 'drive' | 'carry';
  region: number;
}

/** Asks the worker; `undefined` where it refuses. Never resolves where it was stopped. */
export type AskRegions = <T>(command: object) => Promise<T | undefined>;

/** A world with regions, at rest. */
export interface RegionsAtRest {
  /** Resolves with `undefined` where nothing comes. */
  run<T>(work: (worker: Assembled) => Promise<T>): Promise<T | undefined>;
  ask(worker: Assembled): AskRegions;
  /** What a page gets for each tile; undefined where it is no tile. */
  get(worker: Assembled): Promise<Array<string | undefined>>;
  perform(step: { do: 'manifest' } | { do: 'restart' } | { do: 'full'; isFull: boolean }): unknown;
  keepsForEver: boolean;
  origin: OriginModel;
  network: NetworkModel;
  storage: FakeCacheStorage;
  clock: { now: number };
  problems: string[];
}

const TEMPLATE = `/tiles/${LAYER}/{z}/{x}/{y}`;
/** The middle of a tile: a box that touches no other. */
const middle = (tile: number): [number, number, number, number] => {
  const [west, south, east, north] = tileBBox(TILES[tile]!);
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  return [x - 0.01, y - 0.01, x + 0.01, y + 0.01];
};
const square = (tile: number): Ring[] => {
  const [west, south, east, north] = middle(tile);
  return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]; // prettier-ignore
};

/** The tiles of each region: they overlap, and the second has two blocks. */
const HELD = [
  [0, 1],
  [1, 2],
];
const ids = ['near', 'far'];
const spec = (region: number): RegionSpec => ({
  id: ids[region]!,
  layers: [{ layer: LAYER, template: TEMPLATE }],
  bounds: { type: 'MultiPolygon', coordinates: HELD[region]!.map(square) },
  zooms: [TILES[0]!.z, TILES[0]!.z],
});
/** The tiles that a region has to have: a file lacks what was purged when it was written. */
const tilesOf = ({ id, total }: RegionInfo): number[] => {
  const held = HELD[ids.indexOf(id.split('-')[0]!)]!;
  return total < held.length ? [] : held;
};

/** Sends the step's command. */
export async function sendRegion({ action, region }: RegionStep, ask: AskRegions): Promise<unknown> {
  if (action === 'save') return ask({ action, spec: spec(region) });
  if (action === 'drive') return ask({ action, metered: false, online: true });
  if (action !== 'carry') return ask({ action, region: ids[region] });
  const file = await ask<Blob>({ action: 'export', region: ids[region] });
  return file && ask({ action: 'import', file, region: `${ids[region]}-carried` });
}

/** What the worker says of each tile without a network. */
async function coverage(ask: AskRegions): Promise<Array<boolean | undefined>> {
  const of = async ({ z }: TileId, tile: number) => {
    const query = { layer: LAYER, bounds: middle(tile), zooms: [z, z], template: TEMPLATE };
    return (await ask<TileCoverage[]>({ action: 'coverage', query }))?.[0]?.covered;
  };
  return Promise.all(TILES.map(of));
}

const list = (ask: AskRegions) => ask<RegionInfo[]>({ action: 'list' });

/** Regions go on until they have nothing to do. */
async function driveAll(ask: AskRegions, clock: { now: number }): Promise<void> {
  for (let slice = 0; slice < 60; slice += 1) {
    const { again } = (await ask<DriveResult>({ action: 'drive', metered: false, online: true })) ?? {};
    if (again === undefined) return;
    clock.now += again;
  }
}

/**
 * Checks P11 where nothing happens any more, and then that every region comes to an end once all is well again. Resolves with
 * the number of whole regions that it has found.
 */
export async function checkRegions(world: RegionsAtRest): Promise<number> {
  const { run, ask, origin, problems } = world;
  const whole = [await checkCovered(world)];
  world.perform({ do: 'restart' });
  whole.push(await checkCovered(world));

  origin.weather = 'ok';
  world.perform({ do: 'full', isFull: false });
  await run(async () => world.perform({ do: 'manifest' }));
  const before = await run((mine) => list(ask(mine)));
  for (const { id } of before ?? []) await run((mine) => ask(mine)({ action: 'resume', region: id }));
  await run((mine) => driveAll(ask(mine), world.clock));
  const infos = (await run((mine) => list(ask(mine)))) ?? [];
  checkEditions(infos, await withoutNetwork(world), world);
  await checkPacks(world);

  for (const { id } of infos) await run((mine) => ask(mine)({ action: 'remove', region: id }));
  await run((mine) => driveAll(ask(mine), world.clock));
  // A look for a pack may make an empty cache, which the next start deletes.
  const isLeft = ([name, { entries }]: [string, FakeCache]) => name.split(':').length === 5 && entries.size > 0;
  const left = [...world.storage.caches].filter(isLeft).map(([name]) => name);
  if (left.length > 0) problems.push(`of regions that were removed, ${left.join()} is left`);
  return Math.max(...whole);
}

async function withoutNetwork({ run, get, origin, network }: RegionsAtRest) {
  origin.weather = 'network';
  network.wipe();
  return (await run(get)) ?? [];
}

/** What is covered is answered, nothing else is, and what is complete is covered. */
async function checkCovered(world: RegionsAtRest): Promise<number> {
  const { run, ask, keepsForEver, problems } = world;
  const infos = (await run((mine) => list(ask(mine)))) ?? [];
  const covered = (await run((mine) => coverage(ask(mine)))) ?? [];
  const bodies = await withoutNetwork(world);
  covered.forEach((said, tile) => {
    if (said !== (bodies[tile] !== undefined))
      problems.push(`P11: tile ${tile} is ${said ? 'covered, and not answered' : 'answered, and not covered'}`);
  });
  const complete = infos.filter(({ state }) => state === 'complete');
  for (const info of keepsForEver ? complete : [])
    for (const tile of tilesOf(info))
      if (bodies[tile] === undefined) problems.push(`P11: ${info.id} is complete, and tile ${tile} is not there`);
  return complete.length;
}

/** Every region is whole, and of the version in force if it says so. */
function checkEditions(
  infos: readonly RegionInfo[],
  bodies: readonly (string | undefined)[],
  { keepsForEver, origin, problems }: RegionsAtRest,
): void {
  for (const info of infos) {
    if (info.state !== 'complete') problems.push(`${info.id} does not come to an end: ${JSON.stringify(info)}`);
    const isOfVersion = info.versions[LAYER] === origin.version;
    for (const tile of isOfVersion && keepsForEver ? tilesOf(info) : [])
      if (bodies[tile] !== origin.contentOf(tile))
        problems.push(`P11: ${info.id} has "${bodies[tile]}" for tile ${tile} of ${origin.version}`);
  }
}

/** P4: packs hold only bodies that the origin has sent whole. */
async function checkPacks({ storage, network, problems }: RegionsAtRest): Promise<void> {
  for (const [name, { entries }] of storage.caches)
    for (const [path, { body }] of entries) {
      if (!path.includes('/__stc/pack/') || !body) continue;
      const pack = await openPack(new Blob([body]));
      if (!pack) problems.push(`P4: the pack ${path} of ${name} is damaged`);
      const read = await pack?.bodies();
      for (const entry of pack?.entries.values() ?? []) {
        const text = new TextDecoder().decode(read!(entry));
        if (entry.offset !== undefined && entry.status === 200 && !network.complete.has(text))
          problems.push(`P4: "${text}" is in the pack ${path}`);
      }
    }
}
