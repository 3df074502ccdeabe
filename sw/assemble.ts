import type { TileAddress } from '../src/shared/tile-matcher';
import type { ArchiveOrigin } from './archives/types';
import { createAnswering } from './assembly/answering';
import { createAsking } from './assembly/asking';
import { createBase } from './assembly/base';
import { createShowing } from './assembly/showing';
import { createStoring } from './assembly/storing';
import type { Surroundings } from './assembly/surroundings';
import type { Ledger } from './ledger/ledger';
import type { TileCacheOptions } from './options';
import { createActions } from './commands/actions';
import { createInbox } from './commands/inbox';
import { type Commands, createMessageHandler } from './commands/messages';
import { createReach } from './commands/reach';
import type { TileHandler } from './request/handle-tile';
import { createStop } from './stop';
import { coalesce } from './util/coalesce';
import { createDigest } from './util/digest';

export type { Surroundings } from './assembly/surroundings';

/** The parts of a running cache. */
export interface Assembled {
  /** Returns undefined for a URL that the worker leaves to the browser. */
  match: (url: string) => TileAddress | undefined;
  /** Answers a request for a tile. */
  handle: TileHandler;
  /** Carries out a page's message. Returns undefined for a message that is not for this package. */
  message: ReturnType<typeof createMessageHandler>;
  /**
   * Reads the ledger anew, and deletes the caches that no request reads any more. Call it when the worker activates.
   */
  activate: () => Promise<void>;
  ledger: Ledger;
  /** Resolves when all background work has settled. Never rejects. */
  settled: () => Promise<unknown>;
}

/** Puts the rooms together. Throws `TileCacheError` for bad options. */
export function assemble(options: TileCacheOptions, surroundings: Surroundings): Assembled {
  // `storing` and `archives`, which are made below, exist by the time of the first request.
  const base = createBase(options, surroundings, () => storing.ledger.state?.network);
  const { around, resolved, timers, sleep, later, settled, match, layerNamed, keysOf, known } = base;
  const { scope, origin, now, subtle, estimate, persisted } = around;
  const digest = createDigest(subtle);
  const storing = createStoring(base, options.moveIn);
  const showing = createShowing(base);
  const asking = createAsking(base, storing, showing, (request, address) =>
    address.layer.archive === undefined ? around.fetch(request) : archives!.send(request, address),
  );
  const { regions, inspector, turns, handle } = createAnswering(options, base, storing, showing, asking, digest);
  const { store, memory, index, ledger } = storing;
  const { pages, viewports, health } = showing;
  const { flights, forbidden, leaving } = asking;

  const close = () => {
    store.close();
    if (regions) later(regions.stop());
  };
  const end = createStop({ store: { close }, settled, sleep });
  // A page posts one message for each layer of its map: look at the requests once after all of them.
  const review = coalesce(async () => {
    await sleep(0);
    flights.review();
  });
  const archived = () =>
    known()
      .flatMap((name) => layerNamed(name) ?? [])
      .filter((layer) => layer.archive !== undefined);
  const { commands, activate } = createActions({
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
    reaches: createReach({ layer: layerNamed, index, keysOf }),
    estimate,
    persisted,
    now,
    later,
    regions,
    inspector,
    moved: storing.moved,
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
    subtle,
    origin,
    scope,
    now,
    timers,
    announce: (layer, version, confirmedAt) =>
      commands.TILE_VERSIONS({ layers: { [layer]: { version } } }, confirmedAt, []),
    notice: (layer, detail) => later(pages.notice({ notice: 'archive', layer, detail })),
  });

  const message = createMessageHandler(
    archives ? withArchives(commands, archives, later) : commands,
    now,
    createInbox(sleep, turns),
  );
  return {
    match: (url) => (end.stopped || forbidden.has(url) ? undefined : (match(url) ?? archives?.file(url))),
    handle: archives ? archives.around(handle) : handle,
    message: (...told) => (end.stopped ? undefined : message(...told)),
    activate,
    ledger,
    settled,
  };
}

/** Checks the archives' versions whenever a page reports other versions. */
function withArchives(commands: Commands, { check }: ArchiveOrigin, later: (work: Promise<unknown>) => void): Commands {
  return {
    ...commands,
    TILE_VERSIONS(manifest, confirmedAt, believe) {
      later(check());
      return commands.TILE_VERSIONS(manifest, confirmedAt, believe);
    },
  };
}
