import type { ResolvedLayer } from '../src/shared/layer-options';
import { createTileMatcher, type TileAddress } from '../src/shared/tile-matcher';
import { createActions } from './pages/actions';
import { parseCacheName } from './store/cache-name';
import { createClockSkew } from './http/clock-skew';
import { coalesce } from './util/coalesce';
import { createDigest } from './util/digest';
import { createEviction, isQuotaError } from './index/eviction';
import { createFlights } from './origin/flights';
import { createTileHandler, type TileHandler } from './request/handle-tile';
import { createKeeper } from './origin/writer';
import { createLedger, type Ledger, recordOf } from './ledger/ledger';
import { createForgetUrl } from './request/forget-url';
import { createInbox } from './pages/inbox';
import { createLimiter } from './origin/limiter';
import { createLookup } from './request/lookup';
import { createMemoryTier } from './store/memory-tier';
import { createMismatches } from './request/mismatches';
import { createMessageHandler } from './pages/messages';
import { createTurns } from './pages/turns';
import { createNetwork } from './origin/network';
import { createNetworkHealth } from './origin/health';
import { createPatience } from './origin/patience';
import { createConnections } from './origin/connections';
import { resolveOptions, type TileCacheOptions } from './options';
import { createOtherMethods } from './request/other-methods';
import { createReach } from './pages/reach';
import { createPages } from './pages/pages';
import { isReserved } from './store/tile-key';
import { createTileIndex, type TileIndex } from './index/tile-index';
import { createTileStore } from './store/tile-store';
import { createViewports } from './pages/viewports';

/** What surrounds the cache: the worker's globals, or a test's stand-ins. */
export interface Surroundings {
  scope: string;
  origin: string;
  fetch: (request: Request) => Promise<Response>;
  caches: CacheStorage;
  clients: Pick<Clients, 'matchAll'> & Partial<Pick<Clients, 'get'>>;
  subtle: Pick<SubtleCrypto, 'digest'>;
  languages: readonly string[];
  userAgent: string;
  now: () => number;
  /** Milliseconds of a timer that nobody sets. @default `now` */
  monotonic?: () => number;
  random: () => number;
  setTimeout: (callback: () => void, ms: number) => unknown;
  clearTimeout: (timer: never) => void;
  /** False when the browser knows that it is offline. */
  onLine?: () => boolean | undefined;
  /** The protocol that was last spoken with a host (`http/1.1`, `h2`), where the browser tells. */
  protocolOf?: (origin: string) => string | undefined;
  estimate: () => Promise<StorageEstimate | undefined>;
  persisted: () => Promise<boolean | undefined>;
  ledger?: Ledger;
  index?: TileIndex;
}

/** The parts of a running cache. */
export interface Assembled {
  match: (url: string) => TileAddress | undefined;
  handle: TileHandler;
  message: ReturnType<typeof createMessageHandler>;
  /** Notes where a page looks. */
  activate: () => Promise<void>;
  ledger: Ledger;
  settled: () => Promise<unknown>;
}

const HOUSEKEEPING_MS = 500;
/** Without room although some was made, nothing more is deleted for so long. */
const CROWDED_MS = 60_000;
const MAX_ADDRESSES = 4096;
/** Layers that a function names, in one life of the worker. */
const MAX_LAYERS = 1000;

/** Puts the parts together; the only place that constructs. Throws `TileCacheError` for bad options. */
export function assemble(options: TileCacheOptions, around: Surroundings): Assembled {
  const { layers, catchAll, maxBytes, memoryBytes } = resolveOptions(options);
  const { scope, origin, now, random, caches, fetch } = around;
  const sleep = (ms: number) => new Promise<void>((resolve) => void around.setTimeout(resolve, ms));

  // Work that was begun behind answers: returned, never lost.
  const behind = new Set<Promise<unknown>>();
  const later = (work: Promise<unknown>) => {
    const quiet: Promise<unknown> = work
      .catch(() => {})
      .finally(() => {
        behind.delete(quiet);
        if (behind.size > 0) return;
        const told = idle;
        idle = [];
        for (const tell of told) tell();
      });
    behind.add(quiet);
  };
  // One list of those who wait, told when nothing is left: a flood of messages waits for the same work.
  let idle: Array<() => void> = [];
  const settled = () =>
    behind.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => void idle.push(resolve));

  const made = new Map<string, ResolvedLayer>();
  const layerNamed = (name: string): ResolvedLayer | undefined => {
    const own = layers.find((layer) => layer.name === name);
    if (own || !catchAll) return own;
    const known = made.get(name);
    if (known || made.size >= MAX_LAYERS) return known;
    const fresh = quietly(() => catchAll(name));
    // What is no layer takes no place: any URL can name one.
    if (fresh) made.set(name, fresh);
    return fresh;
  };
  const matchUrl = createTileMatcher({ layers, ...(catchAll && { catchAll: layerNamed }), origin, scope });
  // What a URL means never changes; maps ask for the same ones again and again.
  const addresses = new Map<string, TileAddress>();
  const match = (url: string) => {
    const known = addresses.get(url);
    if (known) return known;
    const address = isReserved(url) ? undefined : matchUrl(url);
    if (address) {
      if (addresses.size >= MAX_ADDRESSES) addresses.clear();
      addresses.set(url, address);
    }
    return address;
  };

  const seen = (name: string) =>
    [...addresses.values()].flatMap(({ layer, key }) => (layer.name === name ? [key] : []));

  const env = { languages: around.languages, userAgent: around.userAgent, origin };
  const timers = { setTimeout: around.setTimeout, clearTimeout: around.clearTimeout };
  const store = createTileStore({ caches, scope, timers });
  const memory = createMemoryTier(memoryBytes);
  const digest = createDigest(around.subtle);
  const index = around.index ?? createTileIndex({ scope, now, timers });
  const viewports = createViewports(now, async (id) => (await around.clients.get?.(id))?.type);
  const pages = createPages({ clients: around.clients, now, sleep, looks: viewports.looks });
  const limiter = createLimiter(timers);
  const patience = createPatience(timers);
  let traces: Promise<boolean> | undefined;
  // One listing for all who ask meanwhile: a Cache Storage that hangs costs one wait.
  let listing: Promise<boolean> | undefined;
  const hasTraces = () =>
    (listing ??= store
      .list()
      .then((caches) => caches.length > 0)
      .finally(() => (listing = undefined)));
  const ledger = around.ledger ?? createLedger(scope, hasTraces, timers);
  const health = createNetworkHealth({
    now,
    random,
    ...(around.onLine && { onLine: around.onLine }),
    onChange: (layer, offline, refused) =>
      later(pages.notice({ notice: offline ? 'offline' : 'online', layer, ...(refused && { detail: 'refused' }) })),
  });
  const network = createNetwork({
    fetch,
    limiter,
    health,
    origin,
    connections: createConnections(around.protocolOf),
    timers,
  });

  const isCurrent = (cacheName: string) => {
    const parsed = parseCacheName(cacheName);
    return !parsed || !ledger.state || recordOf(ledger.state, parsed.layer).cache === parsed.version;
  };
  const eviction = createEviction({
    store,
    memory,
    index,
    layer: layerNamed,
    isCurrent,
    maxBytes,
    pause: () => sleep(0),
  });

  let keeping = false;
  let untidy = false;
  const keepHouse = () => {
    untidy = true;
    if (keeping) return;
    keeping = true;
    later(round());
  };
  const round = async () => {
    await sleep(HOUSEKEEPING_MS);
    untidy = false;
    await index
      .flush()
      .then(eviction.run)
      .finally(() => (keeping = false));
    // What was stored meanwhile is seen to in another round.
    if (untidy) keepHouse();
  };

  const broken = (error: unknown) => {
    later(pages.notice({ notice: 'storagefailed', detail: String((error as Error | undefined)?.name ?? 'unknown') }));
  };
  let crowdedAt = -Infinity;
  const keeper = createKeeper({
    store,
    memory,
    ledger,
    env,
    now,
    timers,
    events: {
      updated: ({ address: { layer, tile } }) => void (tile && later(pages.updated(layer.name, tile))),
      stored: ({ address: { layer } }, cacheName, key, bytes) => {
        index.stored({ cacheName, key, layer: layer.name, bytes });
        keepHouse();
      },
      moved: (layer, cacheName, key, bytes) => index.stored({ cacheName, key, layer, bytes }),
      full: async (error, spare) =>
        isQuotaError(error) && !(Math.abs(now() - crowdedAt) < CROWDED_MS) && eviction.makeRoom(spare),
      crowded: () => (crowdedAt = now()),
      failed: broken,
      opaque: ({ address: { layer } }) =>
        later(
          pages.notice({
            notice: 'opaque',
            layer: layer.name,
            detail: 'Not stored: request tiles with crossorigin="anonymous", or set opaque: true.',
          }),
        ),
      refused: ({ address: { layer } }, reason) =>
        later(pages.notice({ notice: 'refused', layer: layer.name, detail: reason })),
      mismatch: ({ address: { layer } }, version) =>
        later(pages.notice({ notice: 'versionmismatch', layer: layer.name, detail: version })),
    },
  });
  const flights = createFlights({
    network,
    health,
    patience,
    keeper,
    store,
    ledger,
    origin,
    now,
    skew: createClockSkew(around.monotonic ?? now),
    timers,
    urgency: viewports.urgency,
    viewports,
  });
  const other = createOtherMethods({
    fetch,
    keeper,
    now,
    forget: createForgetUrl({
      match,
      ledger,
      digest,
      keeper,
      nameOf: store.nameOf,
      discard: flights.discard,
      mark: () => store.mark().catch(() => {}),
      tell: (message) => later(pages.tell(message)),
      onBroken: broken,
    }),
  });
  const lookup = createLookup({ ledger, store, memory, env, now, onBroken: broken });
  const { updated } = pages;
  const mismatches = createMismatches({
    ledger,
    lookup,
    flights,
    now,
    random,
    setTimeout: around.setTimeout,
    looked: viewports.looked,
    updated: (layer, tile) => later(updated(layer, tile)),
  });
  const turns = createTurns(sleep);
  const handler = createTileHandler({
    mismatches,
    ledger,
    lookup,
    memory,
    flights,
    other,
    health,
    patience,
    pages,
    digest,
    env,
    now,
    settled,
    takeTurn: turns.take,
    hasTraces: () => (traces ??= hasTraces().catch(() => true)),
    jitter: () => sleep(random() * 200),
    touched: index.touched,
  });
  const review = coalesce(async () => {
    await sleep(0);
    flights.review();
  });
  const handle = options.placeholders?.(handler, { match, ledger, digest, lookup, now, sleep, updated }) ?? handler;
  const actions = createActions({
    ledger,
    store,
    memory,
    index,
    pages,
    digest,
    health,
    viewed: (clientId, view) => {
      viewports.set(clientId, view);
      void review();
    },
    reaches: createReach({ layer: layerNamed, index, seen }),
    estimate: around.estimate,
    persisted: around.persisted,
    later,
    known: () => [...layers.map((layer) => layer.name), ...made.keys()],
    closed: catchAll ? undefined : layers.map((layer) => layer.name),
  });

  return {
    match,
    handle,
    message: createMessageHandler(actions.commands, now, createInbox(sleep, turns)),
    activate: actions.activate,
    ledger,
    settled,
  };
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    console.error(error);
    return undefined;
  }
}
