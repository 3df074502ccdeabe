import { createTileTurns } from '../commands/turns';
import { createLookup } from '../lookup/lookup';
import type { TileCacheOptions } from '../options';
import { createForgetUrl, type ForgetTools } from '../request/forget-url';
import { createTileHandler } from '../request/handle-tile';
import { createMismatches } from '../request/mismatches';
import type { RequestTools } from '../request/task';
import type { Digest } from '../util/digest';
import type { Asking } from './asking';
import type { Base } from './base';
import type { Showing } from './showing';
import type { Storing } from './storing';

/** Creates the parts that answer requests, including the optional ones that the options pass in. */
export function createAnswering(
  options: TileCacheOptions,
  base: Base,
  storing: Storing,
  showing: Showing,
  asking: Asking,
  digest: Digest,
) {
  const { around, timers, env, sleep, monotonic, later, settled, match, layerNamed, seen, known } = base;
  const { store, index, memory, ledger, bytesOf, eviction, hasTraces, keepHouse } = storing;
  const { pages, viewports, health, onBroken } = showing;
  const { send, flights, writer, forbidden, patience, leaving, skew } = asking;
  const { scope, origin, now, random, setTimeout, caches, estimate, persisted } = around;

  const regions = options.regions?.({ scope, origin, caches, timers });
  const lookup = createLookup({ ledger, store, memory, index, env, now, onBroken, kept: regions, skew });
  const turns = createTileTurns(sleep);
  const tools: RequestTools = {
    ledger,
    lookup,
    skew,
    memory,
    flights,
    send,
    writer,
    bytesOf,
    forget: createForgetUrl(forgetTools(base, storing, showing, asking, digest)),
    health,
    patience,
    mismatches: createMismatches({
      ledger,
      lookup,
      flights,
      now,
      random,
      setTimeout,
      holds: health.holds,
      inView: viewports.inView,
      updated: (layer, tile) => later(pages.updated(layer, tile)),
    }),
    pages,
    digest,
    env,
    now,
    jitter: () => sleep(random() * 200),
    isForbidden: forbidden.hasFailed,
    hasTraces,
    touched: index.touched,
    takeTurn: turns.take,
    settled,
  };
  /** The tools that the optional parts share. */
  const shared = {
    ...tools,
    sleep,
    monotonic,
    random,
    match,
    layer: layerNamed,
    seen,
    origin,
    estimate,
    persisted,
  };
  const inspector = options.inspect?.({ ...shared, store, index, kept: regions, known, forbidden: forbidden.has });
  regions?.connect({
    ...shared,
    fetch: around.fetch,
    later,
    nameOf: store.nameOf,
    tell: pages.tell,
    makeRoom: (bytes) => eviction.makeRoom({ cacheName: '', keys: [], bytes }),
  });
  const { maxBytes } = base.resolved;
  storing.moved?.connect({ ...shared, index, inLine: writer.inLine, leaving, maxBytes, keepHouse });
  const handler = inspector?.handler ?? createTileHandler(tools);
  const { updated } = pages;
  const handle = options.placeholders?.(handler, { match, ledger, digest, lookup, now, sleep, updated }) ?? handler;
  return { regions, inspector, turns, handle };
}

function forgetTools(
  { match, later }: Base,
  { store, ledger }: Storing,
  { pages, onBroken }: Showing,
  { flights, writer }: Asking,
  digest: Digest,
): ForgetTools {
  return {
    match,
    ledger,
    digest,
    writer,
    nameOf: store.nameOf,
    discard: flights.discard,
    storedLayers: () => store.layers().catch(() => new Set()),
    mark: () => store.mark().catch(() => {}),
    tell: (message) => later(pages.tell(message)),
    onBroken,
  };
}
