import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, start, temporaryFolder } from './programs';

/** The folder in which Debian keeps the programs of each release. They are not on the path. */
const PROGRAMS = '/usr/lib/postgresql';

/**
 * Returns the folder of the newest release with PostGIS. Throws with instructions if there is none, because the test
 * must not pass by being skipped.
 */
function programs(): string {
  const releases = (existsSync(PROGRAMS) ? readdirSync(PROGRAMS) : [])
    .filter((each) => existsSync(`/usr/share/postgresql/${each}/extension/postgis.control`))
    .sort((a, b) => Number(b) - Number(a));
  if (releases[0] === undefined)
    throw new Error('postgresql with postgis is not installed. Run: npm run setup (scripts/setup.mjs)');
  return join(PROGRAMS, releases[0], 'bin');
}

/** Returns the user to run as: PostgreSQL refuses to run as root, so this is the user of its package. */
function userOf(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

/** Starts a cluster with an empty database that has PostGIS. */
export async function startPostgis() {
  const bin = programs();
  const user = userOf();
  const folder = await temporaryFolder();
  await chmod(folder.path, 0o700);
  if (user.uid !== undefined) await chown(folder.path, user.uid, user.gid!);
  const data = join(folder.path, 'data');
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, encoding: 'utf8', cwd: '/' },
  );
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.stderr}`);
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: folder.path, fsync: 'off' };
  const given = Object.entries({ ...settings, max_prepared_transactions: '5', autovacuum: 'off' });
  const program = await start(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), ...given.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    port,
    {},
    user,
  );
  const url = `postgres://owner@127.0.0.1:${port}/postgres`;
  const clients: pg.Client[] = [];
  /** Opens another connection. */
  const connect = async (as = url) => {
    const client = await connected(as);
    clients.push(client);
    return client;
  };
  const stop = async () => {
    for (const each of clients) await each.end().catch(() => undefined);
    // A fast shutdown does not wait for clients.
    await program.stop('SIGINT');
    await folder.remove();
  };
  const client = await connect().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  await client.query('CREATE EXTENSION postgis');
  return {
    url,
    port,
    connect,
    /** Runs statements. Resolves with the rows of the last one. */
    sql: async (text: string, values?: unknown[]) => (await client.query(text, values)).rows as never[],
    program,
    stop,
  };
}

/** Connects once the server has started up: it listens before that. */
async function connected(connectionString: string): Promise<pg.Client> {
  for (const deadline = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if ((error as { code?: string }).code !== '57P03' || Date.now() > deadline) throw error;
    }
  }
}

export type Postgis = Awaited<ReturnType<typeof startPostgis>>;
