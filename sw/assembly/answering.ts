import { createTileTurns } from '../commands/turns';
import type { InspectTools } from '../inspect/tools';
import type { KeptTiles } from '../lookup/kept';
import { createLookup, type Lookup } from '../lookup/lookup';
import type { MoveInTools } from '../move-in/tools';
import type { TileCacheOptions } from '../options';
import type { RegionTools } from '../regions/tools';
import { createForgetUrl } from '../request/forget-url';
import { createTileHandler } from '../request/handle-tile';
import { createMismatches } from '../request/mismatches';
import type { RequestTools } from '../request/task';
import type { Digest } from '../util/digest';
import type { Asking } from './asking';
import type { Base } from './base';
import type { Showing } from './showing';
import type { Storing } from './storing';

export type Answering = ReturnType<typeof createAnswering>;

/** Creates the parts that answer requests, including the optional ones that the options pass in. */
export function createAnswering(
  options: TileCacheOptions,
  base: Base,
  storing: Storing,
  showing: Showing,
  asking: Asking,
  digest: Digest,
) {
  const { around, timers, env, sleep, match } = base;
  const { store, memory, ledger } = storing;
  const { pages, onBroken } = showing;
  const { scope, origin, now, caches } = around;

  const regions = options.regions?.({ scope, origin, caches, timers });
  const lookup = createLookup({ ledger, store, memory, env, now, onBroken, kept: regions, skew: asking.skew });
  const turns = createTileTurns(sleep);
  const tools = requestTools(base, storing, showing, asking, digest, lookup, turns.take);
  const inspector = options.inspect?.(inspectTools(tools, base, storing, asking, regions));
  regions?.connect(regionTools(tools, base, storing));
  storing.moved?.connect(moveInTools(tools, base, storing, asking));
  const handler = inspector?.handler ?? createTileHandler(tools);
  const { updated } = pages;
  const handle = options.placeholders?.(handler, { match, ledger, digest, lookup, now, sleep, updated }) ?? handler;
  return { regions, inspector, turns, handle };
}

function requestTools(
  base: Base,
  storing: Storing,
  showing: Showing,
  { send, writer, forbidden, patience, flights, skew }: Asking,
  digest: Digest,
  lookup: Lookup,
  takeTurn: RequestTools['takeTurn'],
): RequestTools {
  const { around, env, sleep, add, settled, match } = base;
  const { store, index, memory, ledger, bytesOf, hasTraces } = storing;
  const { pages, viewports, health, onBroken } = showing;
  const { now, random, setTimeout } = around;
  const forget = createForgetUrl({
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
  });
  const mismatches = createMismatches({
    ledger,
    lookup,
    flights,
    now,
    random,
    setTimeout,
    holds: health.holds,
    looked: viewports.looked,
    updated: (layer, tile) => add(pages.updated(layer, tile)),
  });
  return {
    ledger,
    lookup,
    skew,
    memory,
    flights,
    send,
    writer,
    bytesOf,
    forget,
    health,
    patience,
    mismatches,
    pages,
    digest,
    env,
    now,
    jitter: () => sleep(random() * 200),
    isForbidden: forbidden.hasFailed,
    hasTraces,
    touched: index.touched,
    takeTurn,
    settled,
  };
}

function inspectTools(
  tools: RequestTools,
  { around, sleep, monotonic, match, layerNamed, asked, known }: Base,
  { store, index }: Storing,
  { forbidden }: Asking,
  regions: KeptTiles | undefined,
): InspectTools {
  const { origin, estimate, persisted } = around;
  return {
    ...tools,
    store,
    index,
    kept: regions,
    match,
    layer: layerNamed,
    seen: asked,
    known,
    origin,
    forbidden: forbidden.has,
    monotonic,
    sleep,
    estimate,
    persisted,
  };
}

function regionTools(
  tools: RequestTools,
  { around, sleep, add, match, layerNamed, asked }: Base,
  { store, eviction }: Storing,
): RegionTools {
  const { random, estimate, persisted } = around;
  return {
    ...tools,
    sleep,
    later: add,
    random,
    match,
    layer: layerNamed,
    seen: asked,
    nameOf: store.nameOf,
    tell: tools.pages.tell,
    estimate,
    persisted,
    makeRoom: (bytes) => eviction.makeRoom({ cacheName: '', keys: [], bytes }),
  };
}

function moveInTools(
  tools: RequestTools,
  { resolved, sleep, monotonic, match }: Base,
  { index, keepHouse }: Storing,
  { leaving }: Asking,
): MoveInTools {
  return {
    ...tools,
    monotonic,
    sleep,
    match,
    index,
    inLine: tools.writer.inLine,
    leaving,
    maxBytes: resolved.maxBytes,
    keepHouse,
  };
}
