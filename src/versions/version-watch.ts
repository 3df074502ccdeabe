import { createChannel } from '../worker/channel';
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
import type { Change, VersionBook } from './version-book';
import { readProvisional } from './provisional';
import { createTeller, type Teller } from './tell-worker';
import { createSharedChecks } from './shared-checks';
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
  obey?: (orders: ClientOrders | undefined) => void;
  /** Called with the orders that earlier pages noted. */
  recalled?: (orders: ClientOrders | undefined) => void;
  /**
   * Returns true if the user has switched the network off. The watch then sends no request, which does not count as a
   * failure.
   */
  isOff?: () => boolean;
  closed: AbortSignal;
}

/** Milliseconds. When the user comes back to the page, the watch checks again if the last check is older than this. */
const RETURN_AGE = 1000;

/** Starts watching: takes over what the worker and earlier pages know, checks at once unless another tab just did, then at intervals. */
export function startVersionWatch({
  env: own,
  link,
  book,
  settings: all,
  emit,
  checked,
  obey = () => {},
  recalled = () => {},
  isOff = () => false,
  closed,
}: WatchParts): VersionWatch {
  const env = withTabs(own);
  const { versions: settings } = all;
  const interval = settings?.interval ?? 0;
  const youngest = Math.min(RETURN_AGE, interval * 0.8);
  const records = createCheckRecords(env, all, closed);
  const channel = createChannel(env, link, all.timeout, closed);
  const teller = createTeller({ link, channel, book, changed: (change) => emit('versionchange', change) });
  const lower = createLowerRevisions(settings?.believeAfter ?? { checks: Infinity, seconds: 0 }, env.now);
  const shared = createSharedChecks({ env, records, book, lower, checked, obey, recalled });
  const sift = createSift(book, lower);
  const request = settings && createVersionRequest(env, settings.url, closed);
  let confirmedAt = -Infinity;
  let doubts = 0;
  let leaving = () => false;
  let stream: ReturnType<typeof createStream> | undefined;

  /** Handles one manifest from the endpoint or the stream until it is adopted or refused. */
  async function publish(manifest: NormalManifest, since: number, changes?: Change[]): Promise<void> {
    const sifted = sift(manifest, since < confirmedAt);
    doubts = sifted.doubts;
    for (const { layer, said, known } of sifted.refused)
      emit('notice', { notice: 'lowerrevision', layer, detail: `${said}, below ${known}` });
    if (!entriesOf(sifted.manifest).length) return;
    confirmedAt = Math.max(confirmedAt, since);
    await teller.tell({ manifest: sifted.manifest, since, believe: sifted.believe }, changes);
  }

  async function poll(): Promise<void> {
    if (!request || closed.aborted || isOff()) return;
    const changes: Change[] = [];
    let error: TileCacheError | undefined;
    let since = 0;
    try {
      const { manifest, orders, error: unreadable, confirmedAt: asOf } = await request();
      // Carry out orders before telling the worker anything: it may hang. They may switch off the very thing that
      // breaks the versions. A manifest with a broken part and without orders withdraws none.
      if (orders || !unreadable) shared.ask(orders);
      if (!manifest) throw unreadable!;
      if (unreadable) failed(unreadable);
      since = asOf;
      await publish(manifest, since, changes);
    } catch (cause) {
      // When the user leaves a page, the browser aborts its requests. That says nothing about the endpoint.
      if (closed.aborted || leaving()) return;
      error = cause as TileCacheError;
    }
    shared.ended(changes, error, since);
    settle(error);
  }

  const failed = (error: TileCacheError) => emit('versioncheck', { ok: false, error, failures: shared.failures() });

  function settle(error: TileCacheError | undefined): void {
    if (closed.aborted) return;
    if (error) failed(error);
    else emit('versioncheck', { ok: true, checkedAt: shared.okAt() });
    if (!shared.failures()) stream?.revive();
    schedule();
  }

  const before = shared.recall();
  const { told, isNews } = readHint(env.href, book, teller);
  const { exclusive, schedule, turn } = createTurns({
    env,
    interval,
    records,
    shared,
    doubts: () => doubts,
    poll,
    first: told,
    closed,
  });

  function openStream(url: string): ReturnType<typeof createStream> {
    const manifest = (manifest: NormalManifest, openedAt: number) =>
      void exclusive(async () => {
        if (!hasNews(book, manifest)) return;
        // The stream sent the manifest after it had opened, so it is newer than the last confirmed one.
        await shared.withNews((changes) => publish(manifest, Math.max(openedAt, confirmedAt), changes), failed);
        if (doubts) schedule();
      });
    return createStream(env, url, closed, { manifest, failed }, isOff);
  }

  function start({ stream: url }: NonNullable<typeof settings>): void {
    shared.listen(settle);
    const comeBack = () => {
      shared.catchUp();
      turn(youngest);
    };
    leaving = watchComeBack(env, comeBack, closed);
    if (url) stream = openStream(url);
    // If the last check failed a moment ago, check now all the same: the next check would come only after an interval.
    turn(isNews || before?.failures ? 0 : youngest);
  }

  if (settings) start(settings);

  return {
    workerChanged() {
      if (!teller.unheard()) return;
      void exclusive(async () => {
        // In the meantime, an earlier check may have told the worker something newer.
        const news = teller.unheard();
        if (news)
          await shared.withNews(
            (changes) => teller.tell(news, changes),
            () => {},
          );
      });
    },
    networkChanged() {
      if (isOff()) return stream?.stop();
      stream?.revive();
      turn(youngest);
    },
    check: () => exclusive(poll),
  };
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
