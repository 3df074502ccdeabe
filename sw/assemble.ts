import type { TileAddress } from '../src/shared/tile-matcher';
import { createAnswering } from './assembly/answering';
import { createArchiving, withArchives } from './assembly/archiving';
import { createAsking } from './assembly/asking';
import { createBase } from './assembly/base';
import { createObeying } from './assembly/obeying';
import { createShowing } from './assembly/showing';
import { createStoring } from './assembly/storing';
import type { Surroundings } from './assembly/surroundings';
import type { Ledger } from './ledger/ledger';
import type { TileCacheOptions } from './options';
import { createInbox } from './commands/inbox';
import { createMessageHandler } from './commands/messages';
import type { TileHandler } from './request/handle-tile';
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
  const { around, sleep, settled, match } = base;
  const digest = createDigest(around.subtle);
  const storing = createStoring(base, options.moveIn);
  const showing = createShowing(base);
  const asking = createAsking(base, storing, showing, (request, address) =>
    address.layer.archive === undefined ? around.fetch(request) : archives!.send(request, address),
  );
  const answering = createAnswering(options, base, storing, showing, asking, digest);
  const { commands, activate, end } = createObeying(base, storing, showing, asking, answering, digest);
  const archives = createArchiving(options.archives, base, storing, showing, asking, commands);
  const { turns, handle } = answering;
  const message = createMessageHandler(
    archives ? withArchives(commands, archives, base) : commands,
    around.now,
    createInbox(sleep, turns),
  );
  return {
    match: (url) => (end.stopped || asking.forbidden.has(url) ? undefined : (match(url) ?? archives?.file(url))),
    handle: archives ? archives.around(handle) : handle,
    message: (...told) => (end.stopped ? undefined : message(...told)),
    activate,
    ledger: storing.ledger,
    settled,
  };
}
