import type { Database } from './database';
import { quoted } from './identifiers';
import type { DetectTask } from './task';
import { wrong } from './wrong';

/** The structure of a table, as safe parts of an SQL statement. */
export interface Layout {
  table: string;
  /** The schema of PostGIS: `"public".` */
  postgis: string;
  /** The column, converted to a geometry. */
  geometry: string;
  /** The column that grows, and the type for comparisons. */
  newer?: { column: string; type: 'timestamptz' | 'timestamp' | 'bigint' };
  fingerprint: string;
}

const TYPES: Record<string, NonNullable<Layout['newer']>['type']> = {
  ...{ timestamptz: 'timestamptz', timestamp: 'timestamp', int8: 'bigint', int4: 'bigint', int2: 'bigint' },
};

/** Identifies the table's storage, which changes when all rows are replaced. */
const FINGERPRINT = `
  WITH RECURSIVE parts(oid) AS (
    SELECT $1::oid UNION SELECT inhrelid FROM pg_inherits JOIN parts ON inhparent = parts.oid)
  SELECT md5(string_agg(c.oid || ':' || c.relfilenode, ' ' ORDER BY c.oid)
    || (SELECT oid FROM pg_database WHERE datname = current_database())) AS fingerprint
  FROM parts JOIN pg_class c ON c.oid = parts.oid`;

/** Reads the structure of the table. Rejects with `INVALID_OPTION` if it does not match the task. */
export async function readLayout(database: Database, { table, geometry, newer }: DetectTask): Promise<Layout> {
  const { rows: servers } = await database.query<{ version: number; standby: boolean; postgis: string | null }>(
    `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
      (SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis') AS postgis`,
  );
  const { version, standby, postgis } = servers[0]!;
  if (version < 130_000) throw wrong('--pg', 'the server is older than PostgreSQL 13');
  if (standby)
    throw wrong(
      '--pg',
      'the server is a standby, which does not know the open transactions',
      'Connect to the primary.',
    );
  if (postgis === null) throw wrong('--pg', 'the database has no PostGIS', 'CREATE EXTENSION postgis;');

  const { rows: tables } = await database.query<{ oid: number; kind: string }>(
    `SELECT c.oid, relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = $1 AND relname = $2`,
    [table.schema, table.name],
  );
  const [found] = tables;
  if (!found) throw wrong('--table', 'the database has no such table; names are case-sensitive');
  if (found.kind !== 'r' && found.kind !== 'p')
    throw wrong('--table', 'is a view or something else without rows of its own', 'Name the table behind it.');
  const { rows: columns } = await database.query<{ name: string; type: string }>(
    `SELECT attname AS name, typname AS type FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
      WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped`,
    [found.oid],
  );
  const typeOf = (column: string, option: string) => {
    const type = columns.find(({ name }) => name === column)?.type;
    return type ?? refuse(option, 'the table has no such column');
  };
  const shape = typeOf(geometry, '--geometry');
  if (shape !== 'geometry' && shape !== 'geography') throw wrong('--geometry', 'is neither geometry nor geography');
  const order = newer === undefined ? undefined : TYPES[typeOf(newer, '--newer')];
  if (newer !== undefined && !order) throw wrong('--newer', 'is neither a timestamp nor an integer');
  const { rows } = await database.query<{ fingerprint: string }>(FINGERPRINT, [found.oid]);
  const schema = `${quoted(postgis)}.`;
  return {
    table: `${quoted(table.schema)}.${quoted(table.name)}`,
    postgis: schema,
    geometry: `${quoted(geometry)}::${schema}geometry`,
    ...(newer !== undefined && order && { newer: { column: quoted(newer), type: order } }),
    fingerprint: rows[0]!.fingerprint,
  };
}

function refuse(option: string, why: string): never {
  throw wrong(option, why);
}
