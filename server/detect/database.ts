import type { TileCacheError } from '../../src/shared/errors';
import { failed } from '../util/failed';
import { load } from '../serve/load';
import { quoted } from './identifiers';
import { wrong } from './wrong';

/** The part of a client of `pg` that the detector uses. */
export interface Database {
  query<Row>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[] }>;
  /** Calls `notified` for each notification on the channel. */
  listen(channel: string, notified: () => void): Promise<void>;
  /** Resolves when the connection is lost. */
  lost: Promise<void>;
  close(): Promise<void>;
}

/** Seconds that the database may take to accept the connection. */
const PATIENCE = 15;

/**
 * Returns the connection URL: `given`, or the variable DATABASE_URL. `undefined` leaves it to PGHOST, PGDATABASE and
 * the like. Throws `INVALID_OPTION`, without repeating the URL.
 */
export function readConnection(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const text = given ?? (env.DATABASE_URL || undefined);
  const field = given === undefined ? 'DATABASE_URL' : '--pg';
  if (text === undefined) {
    if (env.PGHOST || env.PGDATABASE) return undefined;
    throw wrong('--pg', 'is missing, and so are the variables DATABASE_URL, PGHOST and PGDATABASE');
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw wrong(field, 'must be a URL such as postgres://user@host:5432/database');
  // Every user of the machine can read a command line.
  if (given !== undefined && (url.password || url.searchParams.has('password')))
    throw wrong(
      '--pg',
      'must not hold a password',
      'Put it into PGPASSWORD, or ~/.pgpass, or the URL into DATABASE_URL.',
    );
  return text;
}

/** Connects. Rejects with `INVALID_OPTION` or `NETWORK_FAILED`. */
export async function connect(connectionString: string | undefined): Promise<Database> {
  const { default: pg } = await load('--pg', 'pg', () => import('pg'));
  let client: import('pg').Client;
  try {
    client = new pg.Client({
      ...(connectionString !== undefined && { connectionString }),
      application_name: 'sw-tile-cache detect',
      connectionTimeoutMillis: PATIENCE * 1000,
      keepAlive: true,
    });
  } catch {
    throw wrong('--pg', 'is not a valid connection URL', 'Give a URL such as postgres://user@host:5432/database.');
  }
  const lost = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
    client.on('error', () => resolve());
  });
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw explained(error);
  }
  const query = async <Row>(text: string, values: readonly unknown[] = []) => {
    const { rows } = await client.query(text, [...values]).catch((error: unknown) => {
      throw explained(error);
    });
    return { rows: rows as Row[] };
  };
  return {
    query,
    async listen(channel, notified) {
      client.on('notification', notified);
      await query(`LISTEN ${quoted(channel)}`);
    },
    lost,
    close: () => client.end().catch(() => undefined),
  };
}

const WORDS: Record<string, readonly [field: string, why: string]> = {
  '28000': ['--pg', 'the database refuses this user'],
  '28P01': ['--pg', 'the database refuses the password'],
  '3D000': ['--pg', 'the server has no such database'],
  '42501': ['--table', 'this user may not read it'],
  '42P01': ['--table', 'the database has no such table'],
  '42703': ['--geometry, --newer', 'the table has no such column'],
};

/**
 * Converts an error to this package's words, because the database and its driver quote rows, statements, hosts and the
 * URL.
 */
function explained(error: unknown): TileCacheError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = typeof code === 'string' ? WORDS[code] : undefined;
  if (known) return wrong(...known);
  if (typeof message === 'string' && /password must be a string/.test(message))
    return wrong('--pg', 'the database requires a password', 'Put it into PGPASSWORD, or ~/.pgpass.');
  const remedy = 'Check its log, and run the command again.';
  return isState(code)
    ? failed(`the database failed (SQLSTATE ${code})`, remedy, { code })
    : failed('the database did not answer', remedy, { cause: error });
}

/** Returns whether the code is an SQLSTATE, which has five characters; the operating system's codes are words. */
const isState = (code: unknown): code is string =>
  typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code);

/** Returns the SQLSTATE of an error that the database itself reported, or `undefined` for a connection error. */
export const sqlState = (error: unknown): string | undefined => {
  const { code } = ((error as Error).cause as { code?: unknown } | undefined) ?? {};
  return isState(code) ? code : undefined;
};
