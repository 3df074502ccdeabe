import { type Area, areaOf, type Extent } from './changed-area';
import type { Cursor, Horizon } from './cursor';
import { type Database, sqlState } from './database';
import { boundOf, haveEnded, standing } from './horizon';
import { type Layout, readLayout } from './layout';
import type { DetectTask } from './task';
import { wrong } from './wrong';

/** The changes that one look has found. */
export interface FoundChanges {
  /** The cursor to save once the changes are published. */
  cursor: Cursor;
  /** The number of changed rows; `undefined` if not counted. */
  rows?: number;
  /** The transactions that changed them. */
  transactions?: number[];
  /** The changed area; `undefined` if nothing changed. */
  area?: Area;
  /** The reason why the whole layer counts as changed. */
  whole?: string;
}

/** Transactions whose numbers are stored. Rows of further ones are published again, rather than missed. */
const MAX_SEEN = 100_000;
/** The distance up to which 32-bit transaction numbers can be distinguished. */
const MAX_AGE = 2n ** 31n;

/** Looks once for changes since the cursor. Rejects with `INVALID_OPTION` or `NETWORK_FAILED`. */
export async function findChanges(
  database: Database,
  task: DetectTask,
  since: Cursor | undefined,
): Promise<FoundChanges> {
  const next = since?.newer?.next;
  // Ask before taking the snapshot, so that the snapshot contains every transaction that has ended.
  const ended = next ? await haveEnded(database, next.at) : false;
  await database.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await database.query(
      `SELECT set_config('statement_timeout', $1, true), set_config('search_path', 'pg_catalog', true),
        set_config('datestyle', 'ISO', true), set_config('timezone', 'UTC', true), set_config('jit', 'off', true)`,
      [String(task.patience * 1000)],
    );
    const layout = await readLayout(database, task);
    const cursor = await present(database, layout);
    if (layout.newer) cursor.newer = await horizonOf(database, layout, since?.newer, ended);
    const whole = reasonForAll(since, cursor);
    if (since && whole === undefined) return await changedSince(database, task, layout, since, cursor);
    const { found } = await newSince(database, layout, { xmin: cursor.xmin, seen: [] }, task);
    cursor.seen = stillOpen(Object.keys(found).map(Number), cursor);
    return { cursor, area: {}, whole: whole ?? 'nothing is known of it yet' };
  } finally {
    await database.query('ROLLBACK').catch(() => undefined);
  }
}

async function present(database: Database, { fingerprint }: Layout): Promise<Cursor> {
  const { rows } = await database.query<{ xmin: string; xmax: string }>(
    `SELECT pg_snapshot_xmin(s)::text AS xmin, pg_snapshot_xmax(s)::text AS xmax FROM pg_current_snapshot() s`,
  );
  const { xmin, xmax } = rows[0]!;
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), seen: [], fingerprint };
}

async function horizonOf(
  database: Database,
  layout: Layout,
  since: Horizon | undefined,
  ended: boolean,
): Promise<Horizon> {
  if (since?.next && !ended) return since;
  return { from: since?.next?.value ?? since?.from ?? null, next: await standing(database, layout, layout.newer!) };
}

function reasonForAll(since: Cursor | undefined, { xmax, fingerprint }: Cursor): string | undefined {
  if (!since) return undefined;
  if (since.fingerprint !== fingerprint) return 'the table was emptied, rewritten or replaced';
  if (xmax < since.xmax) return 'the database was set back to an earlier state';
  return xmax - since.xmin >= MAX_AGE ? 'it was looked at too long ago' : undefined;
}

/** An SQL condition and its values. */
interface Condition {
  where: string;
  values: unknown[];
}

/** Returns the condition for new rows, and the number of rows that each transaction wrote. */
async function newSince(
  database: Database,
  { table, newer }: Layout,
  since: Pick<Cursor, 'xmin' | 'seen' | 'newer'>,
  { overlap }: DetectTask,
): Promise<Condition & { found: Record<string, number> }> {
  const bound = boundOf(newer, since.newer, 3, overlap);
  // Look back to the oldest transaction that was open. Frozen rows count as the oldest of all.
  const where = `WHERE ${bound.sql} AND age(xmin) <= age($1::text::xid) AND xmin::text::bigint <> ALL($2::bigint[])`;
  const values = [String(BigInt.asUintN(32, since.xmin)), since.seen, ...bound.values];
  const { rows } = await database.query<{ xid: string; rows: string }>(
    `SELECT xmin::text AS xid, count(*) AS rows FROM ${table} ${where} GROUP BY xmin::text`,
    values,
  );
  return { where, values, found: Object.fromEntries(rows.map((each) => [each.xid, Number(each.rows)])) };
}

async function changedSince(
  database: Database,
  task: DetectTask,
  layout: Layout,
  since: Cursor,
  cursor: Cursor,
): Promise<FoundChanges> {
  const { found, ...condition } = await newSince(database, layout, since, task);
  const transactions = Object.keys(found).map(Number);
  cursor.seen = stillOpen([...since.seen, ...transactions], cursor);
  const rows = Object.values(found).reduce((sum, each) => sum + each, 0);
  if (rows === 0) return { cursor, rows };
  const all = (whole: string): FoundChanges => ({ cursor, rows, transactions, area: {}, whole });
  if (rows > task.maxRows) return all(`more than ${task.maxRows} rows changed`);
  const extents = await extentsOf(database, task, layout, condition);
  if (typeof extents === 'string') return all(extents);
  // Rows without a shape are not on the map.
  if (extents.length === 0) return { cursor, rows };
  const area = areaOf(extents, task.zooms, task.buffer);
  return Object.keys(area).length === 0 ? all('a shape has no end') : { cursor, rows, transactions, area };
}

/** Returns the transactions that a later look must not treat as new. */
function stillOpen(xids: readonly number[], { xmin, xmax }: Cursor): number[] {
  const from = xmax - xmin;
  const kept = [...new Set(xids)].filter((xid) => BigInt.asUintN(32, xmax - BigInt(xid)) <= from);
  return kept.length > MAX_SEEN ? [] : kept;
}

/**
 * SQLSTATE codes of errors that no retry would cure: a projection failed, or PostGIS does not know a reference system.
 */
const UNREADABLE = ['XX000', '22023'];

/** Returns the extents of all parts of the changes, or the reason for publishing the whole layer. */
async function extentsOf(
  database: Database,
  { maxRows, srid }: DetectTask,
  { table, geometry, postgis }: Layout,
  { where, values }: Condition,
): Promise<Extent[] | string> {
  const own = `$${values.length + 1}::int`;
  const known = `CASE WHEN ${postgis}ST_SRID(shape) = 0 THEN ${postgis}ST_SetSRID(shape, ${own}) ELSE shape END`;
  const changed = `SELECT ${geometry} AS shape FROM ${table} ${where}`;
  if (srid === undefined) {
    const { rows } = await database.query<{ lost: boolean }>(
      `SELECT EXISTS (SELECT FROM (${changed}) c WHERE ${postgis}ST_SRID(shape) = 0) AS lost`,
      values,
    );
    if (rows[0]!.lost) throw wrong('--srid', 'is missing: geometries of the table do not name their reference system');
  }
  try {
    const { rows } = await database.query<{ extent: Extent }>(
      `SELECT ARRAY[${['XMin', 'YMin', 'XMax', 'YMax'].map((edge) => `${postgis}ST_${edge}(part)`).join(', ')}] AS extent
        FROM (SELECT ${postgis}ST_Transform((${postgis}ST_Dump(${known})).geom, 4326) AS part FROM (${changed}) c) parts
        WHERE NOT ${postgis}ST_IsEmpty(part) LIMIT ${maxRows + 1}`,
      [...values, srid ?? 0],
    );
    return rows.length > maxRows ? `more than ${maxRows} shapes changed` : rows.map(({ extent }) => extent);
  } catch (error) {
    if (UNREADABLE.includes(sqlState(error) ?? '')) return 'a shape cannot be converted to degrees';
    throw error;
  }
}
