import { createChannel } from '../worker/channel';
import { checkOnce } from './check-once';
import { createCheckRecords } from './check-record';
import { watchComeBack } from './come-back';
import type { Env } from '../page/env';
import { createStream } from './stream';
import type { Settings } from '../page/options';
import { createLowerRevisions } from './lower-revisions';
import type { TileCacheError } from '../shared/errors';
import type { ClientOrders } from '../shared/manifest';
import type { NormalManifest } from '../shared/parse-manifest';
import type { ClientEvents } from '../page/types';
import type { VersionBook } from './version-book';
import { readProvisional } from './provisional';
import { createPublishing } from './publishing';
import { createTeller, type Teller } from './tell-worker';
import { createSharedChecks, type SharedChecks } from './shared-checks';
import { withTabs } from '../page/tabs';
import { createTurns } from './turns';
import { createVersionRequest } from './version-request';
import { createSift, entriesOf, hasNews } from './version-sift';
import type { WorkerLink } from '../worker/link';

/** Watches the version endpoint for this page. */
export interface VersionWatch {
  /** Call this when a worker may have become active. The watch then tells it what no worker has heard yet. */
  workerChanged(): void;
  /** Call this when the network mode has changed. */
  networkChanged(): void;
  /** Checks now. Never rejects: the outcome is an event. */
  check(): Promise<void>;
}

/** The parts of the client that the watch needs. */
export interface WatchParts {
  env: Env;
  link: WorkerLink;
  book: VersionBook;
  /** The settings. Without `versions` the watch only reads the page's address. */
  settings: Settings;
  emit<K extends 'versionchange' | 'versioncheck' | 'notice'>(event: K, detail: ClientEvents[K]): void;
  /** Called with the time of a successful check by another page, or by this one before its reload. */
  checked(at: number): void;
  /** Carries out the origin's orders to the page. */
  obey: (orders: ClientOrders | undefined) => void;
  /** Called with the orders that earlier pages noted. */
  recalled: (orders: ClientOrders | undefined) => void;
  /**
   * Returns true if the user has switched the network off. The watch then sends no request, which does not count as a
   * failure.
   */
  isOff: () => boolean;
  closed: AbortSignal;
}

/** Milliseconds. When the user comes back to the page, the watch checks again if the last check is older than this. */
const RETURN_AGE = 1000;

/** Starts watching: takes over what the worker and earlier pages know, checks at once unless another tab just did, then at intervals. */
export function startVersionWatch(parts: WatchParts): VersionWatch {
  const { link, book, settings: all, emit, isOff, closed } = parts;
  const env = withTabs(parts.env);
  const { versions: settings } = all;
  const interval = settings?.interval ?? 0;
  const youngest = Math.min(RETURN_AGE, interval * 0.8);
  const records = createCheckRecords(env, all, closed);
  const channel = createChannel(env, link, all.timeout, closed);
  const teller = createTeller({ link, channel, book, changed: (change) => emit('versionchange', change) });
  const lower = createLowerRevisions(settings?.believeAfter ?? { checks: Infinity, seconds: 0 }, env.now);
  const shared = createSharedChecks({ ...parts, env, records, lower });
  const { publish, doubts, confirmedAt } = createPublishing(createSift(book, lower), teller, emit);
  const request = settings && createVersionRequest(env, settings.url, closed);

  const failed = (error: TileCacheError) => emit('versioncheck', { ok: false, error, failures: shared.failures() });
  const ended = (error: TileCacheError | undefined) => {
    if (closed.aborted) return;
    if (error) failed(error);
    else emit('versioncheck', { ok: true, checkedAt: shared.okAt() });
    if (!shared.failures()) stream?.revive();
    schedule();
  };
  const poll = async () => {
    const isGone = () => closed.aborted || leaving();
    if (request && !closed.aborted && !isOff()) await checkOnce({ request, shared, publish, failed, ended, isGone });
  };
  const before = shared.recall();
  const { told, isNews } = readHint(env.href, book, teller);
  const turns = createTurns({ env, interval, records, shared, doubts, poll, first: told, closed });
  const { exclusive, schedule, turn } = turns;
  const comeBack = () => {
    shared.catchUp();
    turn(youngest);
  };
  const manifest = (manifest: NormalManifest, openedAt: number) =>
    void exclusive(async () => {
      if (!hasNews(book, manifest)) return;
      // The stream sent the manifest after it had opened, so it is newer than the last confirmed one.
      await shared.withNews((changes) => publish(manifest, Math.max(openedAt, confirmedAt()), changes), failed);
      if (doubts()) schedule();
    });

  if (settings) shared.listen(ended);
  const leaving = settings ? watchComeBack(env, comeBack, closed) : () => false;
  const stream = settings?.stream ? createStream(env, settings.stream, closed, { manifest, failed }, isOff) : undefined;
  // If the last check failed a moment ago, check now all the same: the next check would come only after an interval.
  if (settings) turn(isNews || before?.failures ? 0 : youngest);
  return {
    workerChanged: () => void (teller.unheard() && exclusive(() => tellUnheard(teller, shared))),
    networkChanged() {
      if (isOff()) return stream?.stop();
      stream?.revive();
      turn(youngest);
    },
    check: () => exclusive(poll),
  };
}

/** Tells the worker what no worker has heard yet. */
async function tellUnheard(teller: Teller, shared: SharedChecks): Promise<void> {
  // In the meantime, an earlier check may have told the worker something newer.
  const news = teller.unheard();
  if (!news) return;
  await shared.withNews(
    (changes) => teller.tell(news, changes),
    () => {},
  );
}

/**
 * Adopts the versions in the page's address. They may be old, so they overrule nothing that is known already; but they
 * make a check worthwhile.
 */
function readHint(href: string, book: VersionBook, teller: Teller): { told: Promise<void>; isNews: boolean } {
  const manifest = readProvisional(href);
  const entries = entriesOf(manifest);
  const isFirst = entries.length > 0 && !entries.some(([layer]) => book.get(layer));
  const told = isFirst ? teller.tell({ manifest, since: 0, believe: [] }).catch(() => {}) : Promise.resolve();
  // Compare after telling: without a worker, the version is in force only then.
  const isNews = entries.some(([layer, { version }]) => book.get(layer)?.version !== version);
  return { told, isNews };
}
