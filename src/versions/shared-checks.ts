import type { Env } from '../page/env';
import { errorRecord, TileCacheError } from '../shared/errors';
import type { ClientOrders } from '../shared/manifest';
import { takeOver } from './take-over';
import type { CheckRecord, CheckRecords } from './check-record';
import type { LowerRevisions } from './lower-revisions';
import type { Change, VersionBook } from './version-book';

/** What the tabs know of the checks together: each tells what it comes to, and takes over what it hears. */
export interface SharedChecks {
  /** Checks in a row that failed, in whichever tab. */
  failures(): number;
  /** Epoch milliseconds of the last check that this tab made or heard of. */
  lastAt(): number;
  /** Epoch milliseconds for which the last good check vouches: a manifest out of a cache is as old as its `Age`. */
  okAt(): number;
  /** Takes over what earlier pages left, and returns it. */
  recall(): CheckRecord | undefined;
  /** A page that was away has not heard what the others said meanwhile, and their check may be too young to be repeated. */
  catchUp(): void;
  /** Hears the other tabs from now on; `settled` is called after each of their checks. */
  listen(settled: (error: TileCacheError | undefined) => void): void;
  /** Passes on what the origin asks of the pages, and does it here. */
  ask(orders: ClientOrders | undefined): void;
  /** A check of this tab came to its end; its manifest vouches for the instant `since`. */
  ended(changes: Change[], error: TileCacheError | undefined, since: number): void;
  /** Runs what may bring new versions without a check: there may be no worker to tell the other tabs. */
  withNews(run: (changes: Change[]) => Promise<void>, failed: (error: TileCacheError) => void): Promise<void>;
}

/** What sharing needs of the watch. */
export interface SharedParts {
  env: Pick<Env, 'now'>;
  records: CheckRecords;
  book: VersionBook;
  lower: LowerRevisions;
  checked: (at: number) => void;
  obey: (orders: ClientOrders | undefined) => void;
  /** What the last manifest asked, as another page had noted it: nothing to be done again. */
  recalled: (orders: ClientOrders | undefined) => void;
}

/** Nothing is heard before `listen`. */
export function createSharedChecks({ env, records, book, lower, checked, obey, recalled }: SharedParts): SharedChecks {
  let failures = 0;
  let lastAt = -Infinity;
  let okAt: number | undefined;
  /** What the last manifest asked of the pages. */
  let asked: ClientOrders | undefined;

  /** What this tab knows, for the others. */
  const view = (): CheckRecord => ({
    at: lastAt,
    failures,
    okAt,
    ...(asked && { orders: asked }),
    book: book.entries(),
    lower: lower.entries(),
  });

  /** What else a record says. Times of a clock that ran ahead are not believed. */
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
        // News by a stream carry no orders, and take none back.
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
      // A node that lags takes nothing back; a clock that was set does.
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
