import type { Horizon } from './cursor';
import type { Database } from './database';
import type { Layout } from './layout';

/**
 * Default overlap: seconds (for clocks of applications, summer time, time zones) or numbers (for a sequence's cache).
 */
const OVERLAP = { timestamptz: 86_400, timestamp: 86_400, bigint: 10_000 };

type Newer = NonNullable<Layout['newer']>;

/** Returns the condition that lets the index exclude old rows. It takes `$first` and `$first + 1`. */
export function boundOf(
  newer: Newer | undefined,
  horizon: Horizon | undefined,
  first: number,
  overlap?: number,
): { sql: string; values: unknown[] } {
  if (!newer || horizon?.from == null) return { sql: 'true', values: [] };
  const { column, type } = newer;
  const step = type === 'bigint' ? `$${first + 1}::bigint` : `make_interval(secs => $${first + 1}::float8)`;
  // A row without a value may be new.
  const sql = `(${column} >= $${first}::${type} - ${step} OR ${column} IS NULL)`;
  return { sql, values: [horizon.from, overlap ?? OVERLAP[type]] };
}

/**
 * Resolves with whether all transactions have ended that were open at an instant. Call it before taking the snapshot.
 * Resolves with false if that is unknown: other sessions are hidden without the role pg_read_all_stats, and prepared
 * transactions have no start time.
 */
export async function haveEnded(database: Database, at: string): Promise<boolean> {
  const { rows } = await database.query<{ ended: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database())
      AND NOT EXISTS (SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND coalesce(backend_type, '') NOT IN ('autovacuum worker', 'walsender')
          AND (state IS NULL OR state = 'disabled' OR xact_start <= $1::timestamptz)) AS ended`,
    [at],
  );
  return rows[0]!.ended;
}

/** Returns the position of the column at the snapshot. */
export async function standing(
  database: Database,
  { table }: Layout,
  { column, type }: Newer,
): Promise<Horizon['next']> {
  // For times, take the clock and not the highest value: a value in the future would hide later rows.
  const most = { timestamptz: 'now()', timestamp: `(now() AT TIME ZONE 'UTC')`, bigint: `max(${column})` }[type];
  const from = type === 'bigint' ? `FROM ${table}` : '';
  const { rows } = await database.query<{ value: string | null; at: string }>(
    `SELECT (${most})::text AS value, clock_timestamp()::text AS at ${from}`,
  );
  const { value, at } = rows[0]!;
  return value === null ? null : { value, at };
}
