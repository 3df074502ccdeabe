import type { Env } from '../page/env';
import { errorRecord, TileCacheError } from '../shared/errors';
import type { ClientOrders } from '../shared/manifest';
import { takeOver } from './take-over';
import type { CheckRecord, CheckRecords } from './check-record';
import type { LowerRevisions } from './lower-revisions';
import type { Change, VersionBook } from './version-book';

/** Shares checks between tabs: each tab tells its results, and takes over those that it hears. */
export interface SharedChecks {
  /** Returns the number of failed checks in a row, in any tab. */
  failures(): number;
  /** Returns the time of the last check that this tab made or heard of, in epoch milliseconds. */
  lastAt(): number;
  /**
   * Returns the time as of which the last successful check confirmed the versions, in epoch milliseconds. A manifest
   * from a cache is as old as its `Age`.
   */
  okAt(): number;
  /** Adopts the record that earlier pages left, and returns it. */
  recall(): CheckRecord | undefined;
  /**
   * Catches up after the page was away. It has not heard the other tabs in the meantime, and their last check may be
   * too recent to be repeated.
   */
  catchUp(): void;
  /** Listens to the other tabs from now on. Calls `settled` after each of their checks. */
  listen(settled: (error: TileCacheError | undefined) => void): void;
  /** Passes the origin's orders on to the other pages, and carries them out here. */
  ask(orders: ClientOrders | undefined): void;
  /** Notes the end of a check in this tab. `since` is the time as of which its manifest is confirmed. */
  ended(changes: Change[], error: TileCacheError | undefined, since: number): void;
  /**
   * Runs work that may bring new versions without a check, and tells the other tabs: without a worker, nobody else
   * would.
   */
  withNews(run: (changes: Change[]) => Promise<void>, failed: (error: TileCacheError) => void): Promise<void>;
}

/** The parts of the watch that sharing needs. */
export interface SharedParts {
  env: Pick<Env, 'now'>;
  records: CheckRecords;
  book: VersionBook;
  lower: LowerRevisions;
  checked: (at: number) => void;
  obey: (orders: ClientOrders | undefined) => void;
  /** Called with the last manifest's orders as another page noted them. They must not be carried out again. */
  recalled: (orders: ClientOrders | undefined) => void;
}

/** Creates the sharing of checks. It hears other tabs only after `listen`. */
export function createSharedChecks({ env, records, book, lower, checked, obey, recalled }: SharedParts): SharedChecks {
  let failures = 0;
  let lastAt = -Infinity;
  let okAt: number | undefined;
  /** The orders of the last manifest. */
  let asked: ClientOrders | undefined;

  /** Returns this tab's record for the others. */
  const view = (): CheckRecord => ({
    at: lastAt,
    failures,
    okAt,
    orders: asked,
    book: book.entries(),
    lower: lower.entries(),
  });

  /** Adopts the other fields of a record, except times in the future, which come from a clock that ran ahead. */
  function inherit(record: CheckRecord | undefined): void {
    lower.load(record?.lower);
    // Pass them on also after a check that fails: without them, the other tabs would take them for withdrawn.
    recalled((asked = record?.orders));
    const at = record?.okAt;
    if (typeof at !== 'number' || at > env.now()) return;
    okAt = at;
    checked(at);
  }

  return {
    failures: () => failures,
    lastAt: () => lastAt,
    okAt: () => okAt ?? lastAt,
    recall() {
      const before = records.stored();
      inherit(before);
      lastAt = before?.at ?? lastAt;
      book.load((before?.book ?? []).filter(([layer]) => !book.get(layer)));
      return before;
    },
    catchUp() {
      const record = records.stored();
      if (!record || record.at <= lastAt || record.at > env.now()) return;
      lastAt = record.at;
      takeOver(book, record.book);
      inherit(record);
    },
    listen: (settled) =>
      records.listen((record) => {
        // A stream's manifests contain no orders, and so cannot withdraw any.
        if (record.orders || !record.news) obey((asked = record.orders));
        takeOver(book, record.book, record.changes);
        if (record.news) return;
        ({ failures, at: lastAt } = record);
        inherit(record);
        settled(record.error && new TileCacheError(record.error));
      }),
    ask(orders) {
      asked = orders;
      if (asked) records.tell({ ...view(), news: true });
      obey(asked);
    },
    ended(changes, error, since) {
      failures = error ? failures + 1 : 0;
      lastAt = env.now();
      // A node that lags must not move the time back. A corrected clock may.
      if (!error) okAt = Math.min(lastAt, Math.max(okAt ?? since, since));
      records.tell({ ...view(), changes, ...(error && { error: errorRecord(error) }) });
      records.store(view());
    },
    async withNews(run, failed) {
      const changes: Change[] = [];
      await run(changes).catch(failed);
      records.tell({ ...view(), changes, news: true });
    },
  };
}
