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
   * Returns the time for which the last good check vouches, in epoch milliseconds: a manifest from a cache is as old as
   * its `Age`.
   */
  okAt(): number;
  /** Takes over the record that earlier pages left, and returns it. */
  recall(): CheckRecord | undefined;
  /**
   * Catches up after the page was away: it has not heard the other tabs meanwhile, and their check may be too young to
   * be repeated.
   */
  catchUp(): void;
  /** Hears the other tabs from now on; `settled` is called after each of their checks. */
  listen(settled: (error: TileCacheError | undefined) => void): void;
  /** Passes the origin's orders on to the other pages, and carries them out here. */
  ask(orders: ClientOrders | undefined): void;
  /** Notes the end of a check in this tab; its manifest vouches for the time `since`. */
  ended(changes: Change[], error: TileCacheError | undefined, since: number): void;
  /** Runs work that may bring new versions without a check: there may be no worker to tell the other tabs. */
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
  /** Called with the last manifest's orders, as another page noted them: they must not be carried out again. */
  recalled: (orders: ClientOrders | undefined) => void;
}

/** Creates the sharing of checks; it hears no other tab before `listen`. */
export function createSharedChecks({ env, records, book, lower, checked, obey, recalled }: SharedParts): SharedChecks {
  let failures = 0;
  let lastAt = -Infinity;
  let okAt: number | undefined;
  /** The last manifest's orders to the pages. */
  let asked: ClientOrders | undefined;

  /** Returns this tab's record for the others. */
  const view = (): CheckRecord => ({
    at: lastAt,
    failures,
    okAt,
    ...(asked && { orders: asked }),
    book: book.entries(),
    lower: lower.entries(),
  });

  /** Takes over the other fields of a record. Distrusts times of a clock that ran ahead. */
  function inherit(record: CheckRecord | undefined): void {
    lower.load(record?.lower);
    recalled(record?.orders);
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
        // News from a stream contain no orders, and withdraw none.
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
      // A lagging node must not move the time back; a clock that was set does.
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
