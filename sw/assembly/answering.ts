import { createTileTurns } from '../commands/turns';
import type { TileCacheOptions } from '../options';
import { createTileHandler } from '../request/handle-tile';
import type { Digest } from '../util/digest';
import type { Asking } from './asking';
import type { Base } from './base';
import { createRequestTools } from './request-tools';
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
  const { around, timers, sleep, monotonic, later, match, layerNamed, seen, known } = base;
  const { store, index, ledger, eviction, keepHouse } = storing;
  const { writer, forbidden, leaving } = asking;
  const { scope, origin, now, random, caches, estimate, persisted } = around;
  const { tell, updated } = showing.pages;

  const regions = options.regions?.({ scope, origin, caches, timers });
  const turns = createTileTurns(sleep);
  const tools = createRequestTools(base, storing, showing, asking, digest, regions, turns.take);
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
    tell,
    makeRoom: (bytes) => eviction.makeRoom({ cacheName: '', keys: [], bytes }),
  });
  const { maxBytes } = base.resolved;
  storing.moved?.connect({ ...shared, index, inLine: writer.inLine, leaving, maxBytes, keepHouse });
  const handler = inspector?.handler ?? createTileHandler(tools);
  const { lookup } = tools;
  const handle = options.placeholders?.(handler, { match, ledger, digest, lookup, now, sleep, updated }) ?? handler;
  return { regions, inspector, turns, handle };
}
