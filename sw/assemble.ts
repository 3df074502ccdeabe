import type { TileAddress } from '../src/shared/tile-matcher';
import type { NetworkMode } from '../src/shared/protocol';
import { createAddresses } from './addresses';
import type { ArchiveOrigin } from './archives/types';
import { createClockSkew } from './http/clock-skew';
import { createEviction } from './index/eviction';
import { createHousekeeping } from './index/housekeeping';
import { createTileIndex, type TileIndex } from './index/tile-index';
import { createLedger, type Ledger, recordOf } from './ledger/ledger';
import { createLookup } from './lookup/lookup';
import { resolveOptions, type TileCacheOptions } from './options';
import { createConnections } from './origin/connections';
import { createCorsHosts } from './origin/cors-hosts';
import { createFlights } from './origin/flights';
import { createForbiddenHosts, cspRemedy, type ForbiddenHosts } from './origin/forbidden-hosts';
import { createForeignImages } from './origin/foreign-images';
import { createNetworkHealth } from './origin/health';
import { createLeaving } from './origin/leaving';
import { createLimiter } from './origin/limiter';
import { createNetwork } from './origin/network';
import { createPatience } from './origin/patience';
import { switched } from './origin/switched';
import type { TileOrigin } from './origin/tile-origin';
import { createTileWriter } from './origin/tile-writer';
import { createActions } from './pages/actions';
import { createInbox } from './pages/inbox';
import { type Commands, createMessageHandler } from './pages/messages';
import { createPages } from './pages/pages';
import { createReach } from './pages/reach';
import { createTurns } from './pages/turns';
import { createViewports } from './pages/viewports';
import { createForgetUrl } from './request/forget-url';
import { createTileHandler, type TileHandler } from './request/handle-tile';
import { createMismatches } from './request/mismatches';
import type { RequestTools } from './request/task';
import { parseCacheName } from './store/cache-name';
import { createMemoryTier } from './store/memory-tier';
import { createStoredBytes } from './store/stored-bytes';
import { createTileStore } from './store/tile-store';
import { createStop } from './stop';
import { createBackground } from './util/background';
import { coalesce } from './util/coalesce';
import { createDigest } from './util/digest';
import { createWriterEvents } from './writer-events';

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
  /** The user has asked for less data. @default false */
  saveData?: () => boolean;
  now: () => number;
  /** Milliseconds of a timer that nobody sets. @default `now` */
  monotonic?: () => number;
  random: () => number;
  setTimeout: (callback: () => void, ms: number) => unknown;
  clearTimeout: (timer: never) => void;
  /** The connection costs by the byte, as far as the browser tells. @default false */
  metered?: () => boolean;
  /** False when the browser knows that it is offline. */
  onLine?: () => boolean | undefined;
  /** Calls back for each violation of the worker's own Content-Security-Policy. */
  onViolation?: (listener: ForbiddenHosts['note']) => void;
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

/** Puts the parts together; the only place that constructs. Throws `TileCacheError` for bad options. */
export function assemble(options: TileCacheOptions, surroundings: Surroundings): Assembled {
  const mode = (): NetworkMode | undefined => ledger.state?.network;
  const around = { ...surroundings, ...switched(surroundings, mode) };
  const resolved = resolveOptions(options);
  const { scope, origin, now, random, caches } = around;
  const sleep = (ms: number) => new Promise<void>((resolve) => void around.setTimeout(resolve, ms));
  const timers = { setTimeout: around.setTimeout, clearTimeout: around.clearTimeout };
  const { languages, userAgent, saveData = () => false } = around;
  const env = { languages, userAgent, origin, saveData };
  const send: TileOrigin = (request, address) =>
    address.layer.archive === undefined ? around.fetch(request) : archives!.send(request, address);
  const { add, settled } = createBackground();
  const { match, layerNamed, seen, asked, known } = createAddresses(resolved, around);
  const archived = () =>
    known()
      .flatMap((name) => layerNamed(name) ?? [])
      .filter((layer) => layer.archive !== undefined);

  const store = createTileStore({ caches, scope, timers });
  const bytesOf = createStoredBytes(store);
  const memory = createMemoryTier(resolved.memoryBytes);
  const digest = createDigest(around.subtle);
  const index = around.index ?? createTileIndex({ scope, now, timers });
  const viewports = createViewports(now, async (id) => (await around.clients.get?.(id))?.type);
  const pages = createPages({ clients: around.clients, now, sleep, looks: viewports.looks });
  const patience = createPatience(timers);
  // One listing for all who ask meanwhile: a Cache Storage that hangs costs one wait.
  const hasTraces = shareWhileRunning(store.hasTraces);
  let traces: Promise<boolean> | undefined;
  const ledger = around.ledger ?? createLedger(scope, hasTraces, timers);
  const health = createNetworkHealth({
    now,
    random,
    onLine: around.onLine,
    onChange: (layer, offline, refused) =>
      add(pages.notice({ notice: offline ? 'offline' : 'online', layer, ...(refused && { detail: 'refused' }) })),
  });
  const onBroken = (error: unknown) =>
    add(pages.notice({ notice: 'storagefailed', detail: String((error as Error | undefined)?.name ?? 'unknown') }));

  const eviction = createEviction({
    store,
    memory,
    index,
    layer: layerNamed,
    isCurrent: (cacheName) => {
      const parsed = parseCacheName(cacheName);
      return !parsed || !ledger.state || recordOf(ledger.state, parsed.layer).cache === parsed.version;
    },
    maxBytes: resolved.maxBytes,
    pause: () => sleep(0),
  });
  const keepHouse = createHousekeeping({ index, evict: eviction.run, sleep, add });
  const events = createWriterEvents({ pages, index, eviction, keepHouse, onBroken, now, add });
  const writer = createTileWriter({ store, memory, ledger, bytesOf, env, now, timers, events });
  const hosts = createCorsHosts({ read: store.readNote, write: store.writeNote }, now);
  const forbidden = createForbiddenHosts({
    origin,
    sleep,
    onFound: (host) => add(pages.notice({ notice: 'csp', detail: cspRemedy(host) })),
  });
  around.onViolation?.(forbidden.note);
  const network = createNetwork({
    send,
    limiter: createLimiter(timers),
    health,
    foreignImages: createForeignImages({ hosts, now, sleep, onLine: around.onLine }),
    isForbidden: forbidden.hasFailed,
    origin,
    connections: createConnections(around.protocolOf),
    timers,
  });
  const leaving = createLeaving(now);
  const flights = createFlights({
    network,
    health,
    patience,
    writer,
    bytesOf,
    onRefused: ({ address: { layer } }, reason) =>
      add(pages.notice({ notice: 'refused', layer: layer.name, detail: reason })),
    store,
    ledger,
    leaving,
    origin,
    now,
    skew: createClockSkew(around.monotonic ?? now),
    timers,
    urgency: viewports.urgency,
    viewports,
  });
  const regions = options.regions?.({ scope, origin, caches, timers });
  const lookup = createLookup({ ledger, store, memory, env, now, onBroken, kept: regions });
  const turns = createTurns(sleep);
  const requestTools: RequestTools = {
    ledger,
    lookup,
    memory,
    flights,
    send,
    writer,
    bytesOf,
    forget: createForgetUrl({
      match,
      ledger,
      digest,
      writer,
      nameOf: store.nameOf,
      discard: flights.discard,
      storedLayers: () => store.layers().catch(() => new Set()),
      mark: () => store.mark().catch(() => {}),
      tell: (message) => add(pages.tell(message)),
      onBroken,
    }),
    health,
    patience,
    mismatches: createMismatches({
      ledger,
      lookup,
      flights,
      now,
      random,
      setTimeout: around.setTimeout,
      looked: viewports.looked,
      updated: (layer, tile) => add(pages.updated(layer, tile)),
    }),
    pages,
    digest,
    env,
    now,
    jitter: () => sleep(random() * 200),
    isForbidden: forbidden.hasFailed,
    hasTraces: () => (traces ??= hasTraces().catch(() => true)),
    touched: index.touched,
    takeTurn: turns.take,
    settled,
  };
  const inspector = options.inspect?.({
    ...requestTools,
    store,
    index,
    kept: regions,
    match,
    layer: layerNamed,
    seen: asked,
    known,
    origin,
    forbidden: forbidden.has,
    monotonic: around.monotonic ?? now,
    sleep,
    estimate: around.estimate,
    persisted: around.persisted,
  });
  const handler = inspector?.handler ?? createTileHandler(requestTools);
  const { updated, tell } = pages;
  const { estimate } = around;
  regions?.connect({
    now,
    sleep,
    random,
    match,
    layer: layerNamed,
    seen: asked,
    nameOf: store.nameOf,
    ledger,
    digest,
    lookup,
    flights,
    env,
    tell,
    estimate,
    persisted: around.persisted,
    makeRoom: (bytes) => eviction.makeRoom({ cacheName: '', keys: [], bytes }),
  });
  const handle = options.placeholders?.(handler, { match, ledger, digest, lookup, now, sleep, updated }) ?? handler;
  const review = coalesce(async () => {
    await sleep(0);
    flights.review();
  });
  const close = () => {
    store.close();
    if (regions) add(regions.stop());
  };
  const end = createStop({ store: { close }, settled, sleep });
  const actions = createActions({
    ledger,
    store,
    memory,
    index,
    pages,
    digest,
    health,
    leaving,
    stop: end.stop,
    viewed: (clientId, view) => {
      viewports.set(clientId, view);
      void review();
    },
    reaches: createReach({ layer: layerNamed, index, seen }),
    estimate,
    persisted: around.persisted,
    now,
    later: add,
    regions,
    inspector,
    known,
    apart: () => new Set(archived().map(({ name }) => name)),
    closed: resolved.catchAll ? undefined : resolved.layers.map((layer) => layer.name),
  });

  const archives = options.archives?.origin({
    fetch: around.fetch,
    isForbidden: forbidden.hasFailed,
    layers: archived,
    ledger,
    store,
    stored: (layer, cacheName, key, bytes) => index.stored({ cacheName, key, layer, bytes }),
    subtle: around.subtle,
    origin,
    scope,
    now,
    timers,
    announce: (layer, version, confirmedAt) =>
      actions.commands.TILE_VERSIONS({ layers: { [layer]: { version } } }, confirmedAt, []),
    notice: (layer, detail) => add(pages.notice({ notice: 'archive', layer, detail })),
  });

  const message = createMessageHandler(
    archives ? withArchives(actions.commands, archives, add) : actions.commands,
    now,
    createInbox(sleep, turns),
  );
  return {
    match: (url) => (end.stopped || forbidden.has(url) ? undefined : (match(url) ?? archives?.file(url))),
    handle: archives ? archives.around(handle) : handle,
    message: (...told) => (end.stopped ? undefined : message(...told)),
    activate: actions.activate,
    ledger,
    settled,
  };
}

/** With what a page has heard of other versions, those of the archives are looked at. */
function withArchives(commands: Commands, { check }: ArchiveOrigin, add: (work: Promise<unknown>) => void): Commands {
  return {
    ...commands,
    TILE_VERSIONS(manifest, confirmedAt, believe) {
      add(check());
      return commands.TILE_VERSIONS(manifest, confirmedAt, believe);
    },
  };
}

/** One run for all who ask meanwhile. */
function shareWhileRunning<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work().finally(() => (running = undefined)));
}
