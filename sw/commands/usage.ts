import type { StorageUsage, WorkerStatus } from '../../src/shared/answers';
import type { TileIndex } from '../index/tile-index';
import type { Ledger } from '../ledger/ledger';
import type { NetworkHealth } from '../origin/health';
import type { Regions } from '../regions/tools';
import type { TileCaches } from './tile-caches';

/** The sources of the answers about the worker's state. */
export interface UsageTools {
  ledger: Pick<Ledger, 'load'>;
  index: Pick<TileIndex, 'flush' | 'totals' | 'drop'>;
  health: Pick<NetworkHealth, 'offline'>;
  estimate: () => Promise<StorageEstimate | undefined>;
  persisted: () => Promise<boolean | undefined>;
  regions: Pick<Regions, 'usage'> | undefined;
}

/** An object without a prototype, so that any name can be a key, even `__proto__`. */
const named = <T>() => Object.create(null) as Record<string, T>;

/** The answer to `TILE_STATUS`. */
export async function statusOf({ ledger, health, regions }: UsageTools): Promise<WorkerStatus> {
  const state = await ledger.load();
  const status: WorkerStatus = { layers: named(), offline: health.offline, storage: state !== undefined };
  if (regions) status.regions = true;
  if (state?.network) status.network = state.network;
  for (const [name, { version, revision, confirmedAt, rules }] of state?.layers ?? [])
    status.layers[name] = { version, revision, confirmedAt, rules: rules.length };
  return status;
}

/** The answer to `TILE_USAGE`: tiles and bytes by layer and version, and the browser's estimate of all storage. */
export async function usageOf(tools: UsageTools, { list }: Pick<TileCaches, 'list'>): Promise<StorageUsage> {
  const { index, regions } = tools;
  await index.flush();
  const usage: StorageUsage = { layers: named(), usage: undefined, quota: undefined, persisted: undefined };
  const totals = await index.totals();
  const versions = new Map((await list()).map(({ name, version }) => [name, version]));
  const gone: string[] = [];
  for (const [cacheName, { layer, tiles, bytes }] of totals) {
    const version = versions.get(cacheName);
    // A page or the browser has deleted the cache, and the index does not know.
    if (version === undefined) {
      gone.push(cacheName);
      continue;
    }
    const entry = (usage.layers[layer] ??= { tiles: 0, bytes: 0, versions: named() });
    entry.tiles += tiles;
    entry.bytes += bytes;
    const part = (entry.versions[version] ??= { tiles: 0, bytes: 0 });
    part.tiles += tiles;
    part.bytes += bytes;
  }
  if (gone.length > 0) await index.drop(gone);
  if (regions) usage.regions = await regions.usage();
  const estimate = await tools.estimate().catch(() => undefined);
  usage.usage = estimate?.usage;
  usage.quota = estimate?.quota;
  usage.persisted = await tools.persisted().catch(() => undefined);
  return usage;
}
