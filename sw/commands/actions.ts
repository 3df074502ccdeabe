import type { StorageUsage, WorkerStatus } from '../../src/shared/answers';
import type { WorkerMessage } from '../../src/shared/worker-messages';
import { isMark, isOurs, type TileStore } from '../store/tile-store';
import type { CacheName } from '../store/cache-name';
import { clearCommand, type Effects, invalidateCommand, versionsCommand } from './commands';
import { refuseUnknownLayer } from './known-layers';
import { coalesce } from '../util/coalesce';
import { DeadlineMissed } from '../util/deadline';
import { createOrder } from '../util/in-order';
import { type Digest } from '../util/digest';
import { recordOf } from '../ledger/state';
import type { Ledger } from '../ledger/ledger';
import type { MemoryTier } from '../store/memory-tier';
import type { Commands } from './messages';
import type { NetworkHealth } from '../origin/health';
import type { Leaving } from '../origin/leaving';
import { summed } from '../pages/news';
import type { Pages } from '../pages/pages';
import { refuseUnreachable, wholly } from './reach';
import { MAX_LAYERS } from '../ledger/room';
import { PARTITION_SALT } from '../store/tile-key';
import type { TileIndex } from '../index/tile-index';
import { refuse } from '../../src/shared/validate';
import type { MovedTiles } from '../move-in/tools';
import type { Inspector } from '../inspect/tools';
import type { Regions } from '../regions/tools';
import type { Viewports } from '../origin/viewports';

interface ActionTools {
  ledger: Ledger;
  store: TileStore;
  memory: MemoryTier;
  index: TileIndex;
  pages: Pages;
  digest: Digest;
  health: NetworkHealth;
  /** Ends all storing. */
  stop: () => Promise<unknown>;
  leaving: Pick<Leaving, 'note'>;
  /** A map has told where it looks. */
  viewed: Viewports['set'];
  estimate: () => Promise<StorageEstimate | undefined>;
  persisted: () => Promise<boolean | undefined>;
  /** Tells whether a box reaches a layer's tiles. */
  reaches: (layer: string) => Promise<boolean>;
  now: () => number;
  /** Work behind an ack. */
  later: (work: Promise<unknown>) => void;
  /** Names of layers that pages may be showing. */
  known: () => readonly string[];
  /** Layers whose version comes from their archive. */
  apart: () => ReadonlySet<string>;
  /** All layers there are, where the configuration is closed. */
  closed: readonly string[] | undefined;
  regions: Pick<Regions, 'command' | 'changed' | 'clear' | 'usage'> | undefined;
  inspector: Pick<Inspector, 'command'> | undefined;
  moved: Pick<MovedTiles, 'command'> | undefined;
}

/** An object in which any name is just a name, `__proto__` too. */
const named = <T>() => Object.create(null) as Record<string, T>;

type Listed = CacheName & { name: string };

/** Carries out what pages ask for: the ledger first, then the caches, then the pages hear of it. */
export function createActions(tools: ActionTools): { commands: Commands; activate: () => Promise<void> } {
  const { ledger, store, memory, index, pages, digest, later, regions } = tools;

  const inOrder = createOrder();
  const list = coalesce(() => store.list().catch((): Listed[] => []));

  // What many commands want gone at once is looked for and deleted once.
  let unwanted: Array<(cache: Listed) => boolean> = [];
  const dropUnwanted = coalesce(async () => {
    const wanted = unwanted;
    unwanted = [];
    // The rule is durable: a cache that cannot be deleted now holds nothing that would be served.
    const names = (await list())
      .filter((cache) => !isMark(cache) && wanted.some((which) => which(cache)))
      .map(({ name }) => name);
    for (const name of names) memory.drop(name);
    await store.drop(names).catch(() => {});
    if (names.length > 0) later(index.drop(names));
  });
  const drop = (which: (cache: Listed) => boolean) => {
    unwanted.push(which);
    return dropUnwanted();
  };

  /** What a storage that is slow has left behind. Rejects where it stays: who logs out has to know. */
  const dropRest = async (which: (cache: Listed) => boolean) => {
    // Where no cache can be listed there is none, unless the storage hangs.
    const left = await store.list().catch((error: unknown): Listed[] => {
      if (error instanceof DeadlineMissed) throw error;
      return [];
    });
    const names = left.filter((cache) => !isMark(cache) && which(cache)).map(({ name }) => name);
    if (names.length > 0) await store.drop(names, 'patiently');
  };

  let news: WorkerMessage[] = [];
  const tellNews = coalesce(async () => {
    const messages = news;
    news = [];
    await pages.tell(...summed(messages));
  });

  const carryOut = async ({ drop: caches, tell }: Effects) => {
    if (caches.length > 0) {
      const layers = ledger.state?.layers;
      await drop((cache) =>
        caches.some(
          ({ layer, version }) =>
            cache.version === version && (layer === '*' ? !layers?.has(cache.layer) : layer === cache.layer),
        ),
      );
    }
    if (tell.length > 0) {
      news.push(...tell);
      later(tellNews());
    }
  };

  /** Caches that no tile is looked up in any more: a stop between a rule and its effects leaves them behind. */
  const unreachable = ({ layer, version }: Listed) => {
    const { state } = ledger;
    if (!state) return false;
    const { cache, kept } = recordOf(state, layer);
    return version !== cache && !kept.includes(version);
  };

  const storedLayers = async () => new Set((await list()).flatMap((cache) => (isMark(cache) ? [] : [cache.layer])));

  /** Without Cache Storage nothing is stored that a lost ledger would have to distrust. */
  const mark = () => store.mark().catch(() => {});

  const commands: Commands = {
    async CACHE_INVALIDATE(invalidation) {
      refuseUnknownLayer(invalidation.layer, tools.closed);
      const look = async () => {
        await refuseUnreachable(tools.reaches, invalidation);
        await mark();
        const crowded = (ledger.state?.layers.size ?? 0) >= MAX_LAYERS;
        return { at: tools.now(), ...(crowded && { stored: await storedLayers() }) };
      };
      const { result } = await inOrder(look, (around) => ledger.commit(invalidateCommand(invalidation, around)));
      await carryOut(result.effects);
      if (!result.answer.applied) later(drop(unreachable));
      if (regions) later(regions.changed());
      return result.answer;
    },
    async TILE_VERSIONS(manifest, confirmedAt, believe) {
      const look = async () => {
        await mark();
        const stored = await storedLayers();
        const known = new Set([...tools.known(), ...stored]);
        const around = { at: tools.now(), stored, believe, apart: tools.apart() };
        return versionsCommand(await wholly(manifest, tools.reaches), confirmedAt, [...known], around);
      };
      const { result } = await inOrder(look, (command) => ledger.commit(command));
      await carryOut(result.effects);
      if (regions) later(regions.changed());
      return result.answer;
    },
    async TILE_STATUS() {
      const state = await ledger.load();
      const status: WorkerStatus = { layers: named(), offline: tools.health.offline, storage: state !== undefined };
      if (regions) status.regions = true;
      if (state?.network) status.network = state.network;
      for (const [name, { version, revision, confirmedAt, rules }] of state?.layers ?? []) {
        status.layers[name] = { version, revision, confirmedAt, rules: rules.length };
      }
      return status;
    },
    TILE_USAGE: coalesce(async () => {
      await index.flush();
      const usage: StorageUsage = { layers: named(), usage: undefined, quota: undefined, persisted: undefined };
      const caches = new Map((await list()).map((cache) => [cache.name, cache]));
      for (const [cacheName, { layer, tiles, bytes }] of await index.totals()) {
        const version = caches.get(cacheName)?.version ?? '';
        const entry = (usage.layers[layer] ??= { tiles: 0, bytes: 0, versions: named() });
        entry.tiles += tiles;
        entry.bytes += bytes;
        const part = (entry.versions[version] ??= { tiles: 0, bytes: 0 });
        part.tiles += tiles;
        part.bytes += bytes;
      }
      if (regions) usage.regions = await regions.usage();
      const estimate = await tools.estimate().catch(() => undefined);
      usage.usage = estimate?.usage;
      usage.quota = estimate?.quota;
      usage.persisted = await tools.persisted().catch(() => undefined);
      return usage;
    }),
    async TILE_CLEAR(layer, partitionName) {
      if (layer !== undefined) refuseUnknownLayer(layer, tools.closed);
      const partition = await digest.of(PARTITION_SALT, partitionName ?? '');
      await mark();
      tools.leaving.note(layer, partition);
      const committed = ledger.commit(clearCommand(layer, partition));
      // Somebody logs out: the bodies go even where the ledger cannot say so.
      await committed.catch(() => {});
      const isHit = (cache: Listed) =>
        (layer === undefined || cache.layer === layer) && (partition === '' || cache.partition === partition);
      await drop(isHit);
      await dropRest(isHit);
      await regions?.clear(layer, partition);
      await committed;
      tools.leaving.note(layer, partition);
      return undefined;
    },
    async TILE_REGIONS(command) {
      const remedy = "Pass regions: regions() of 'sw-tile-cache/sw/regions' to createTileCache.";
      return (regions ?? refuse('UNSUPPORTED_FIELD', 'regions', 'switched on in the worker', remedy)).command(command);
    },
    async TILE_INSPECT(command, clientId) {
      const remedy = "Pass inspect: inspector() of 'sw-tile-cache/sw/inspect' to createTileCache.";
      return (tools.inspector ?? refuse('UNSUPPORTED_FIELD', 'inspect', 'switched on in the worker', remedy)).command(
        command,
        clientId,
      );
    },
    async TILE_MOVE_IN(command) {
      const remedy = "Pass moveIn: moveIn() of 'sw-tile-cache/sw/move-in' to createTileCache.";
      return (tools.moved ?? refuse('UNSUPPORTED_FIELD', 'moveIn', 'switched on in the worker', remedy)).command(
        command,
      );
    },
    async TILE_NETWORK(network) {
      await mark();
      await ledger.commit(({ epoch }) => ({ epoch, records: [], network, result: undefined }));
      later(pages.tell({ type: 'TILE_NOTICE', notice: 'network', detail: network }));
    },
    TILE_STOP: tools.stop,
    async TILE_VIEWPORT(view, clientId) {
      tools.viewed(clientId ?? '', view);
    },
  };

  return {
    commands,
    async activate() {
      store.reopen();
      await ledger.reload();
      await drop(
        (cache) =>
          !isOurs(cache) || (tools.closed !== undefined && !tools.closed.includes(cache.layer)) || unreachable(cache),
      );
    },
  };
}
