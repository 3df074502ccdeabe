import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDetect } from '../../server/cli/detect-options';
import { runCli } from '../../server/cli/run';
import { readTileList } from '../../server/tiles/read-tile-list';
import { testOrigin, TOKEN } from '../server/helpers';
import { temporaryFolder } from './programs';
import { type Postgis, startPostgis } from './postgres';

let db: Postgis;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  db = await startPostgis();
});
afterAll(async () => {
  await db?.stop();
  await folder?.remove();
});

const point = (x: number, y: number, srid = 4326) => `ST_SetSRID(ST_MakePoint(${x}, ${y}), ${srid})`;

/** Drops options that `later` gives again. */
const without = (args: string[], later: string[]) =>
  args.filter((one, i) => !later.includes(one.startsWith('--') ? one : args[i - 1]!));

/** Creates a table, an origin, and a detector for both. */
let count = 0;
async function detector({ columns = 'geom geometry(Geometry, 4326)', args = [] as string[], pg = db.url } = {}) {
  const table = `t${++count}`;
  await db.sql(`CREATE TABLE ${table} (id serial PRIMARY KEY, ${columns})`);
  const { origin } = testOrigin({ layers: { roads: { version: 'v1' } } });
  const state = join(folder.path, `${table}.json`);
  const said = { out: '', err: '' };
  const sent: Array<Record<string, unknown>> = [];
  let fails: Response | 'connection' | undefined;
  let stop = () => undefined as void;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const run = (...more: string[]) =>
    runCli(
      [
        'detect',
        ...without(['--pg', pg, '--table', table, '--layer', 'roads', '--state', state], [...args, ...more]),
        ...['--url', 'https://o.test/api/publish', ...without(args, more), ...more],
      ],
      {
        out: (text) => void (said.out += text),
        err: (text) => void (said.err += text),
        env: { TILE_PUBLISH_TOKEN: TOKEN },
        readFile: (path) => readFile(path, 'utf8'),
        readStdin: async () => '',
        packageVersion: async () => '1.2.3',
        stopped: () => stopped,
        fetch: (async (url: URL, init: RequestInit) => {
          sent.push(JSON.parse(init.body as string) as Record<string, unknown>);
          if (fails === 'connection') throw new TypeError(`fetch failed with ${TOKEN}`);
          return fails?.clone() ?? origin.fetch(new Request(url, init));
        }) as typeof fetch,
      },
    );
  /** Returns the publication of one run, or `undefined` if it publishes nothing. */
  const found = async (...more: string[]) => {
    const before = sent.length;
    const code = await run(...more);
    if (code !== 0) throw new Error(`${code}: ${said.err}`);
    expect(sent.length).toBeLessThanOrEqual(before + 1);
    return sent[before];
  };
  return {
    table,
    state,
    run,
    found,
    said,
    sent,
    origin,
    stop: () => stop(),
    fail: (how: typeof fails) => (fails = how),
  };
}

/** The boxes of a publication, to five places. */
const boxesOf = (body: Record<string, unknown> | undefined) =>
  (body!.boxes as number[][]).map((box) => box.map((edge) => Number(edge.toFixed(5))));
/** The box around a point: under a metre. */
const at = (x: number, y: number) => [x, y, x, y].map((edge) => expect.closeTo(edge, 4) as number);

const tilesOf = (body: Record<string, unknown> | undefined) =>
  [...readTileList(body!.tiles as string)].map(({ z, x, y }) => `${z}/${x}/${y}`).sort();

describe('detect', () => {
  it('publishes the whole layer first, then new rows, then nothing', async () => {
    const { table, found, origin, said } = await detector();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(10, 10)})`);
    expect(await found()).toEqual({ layer: 'roads' });
    expect(await found()).toBeUndefined();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(-74, 40.7)})`);
    const body = await found();
    expect(body).toEqual({ layer: 'roads', id: expect.stringMatching(/^detect-/), boxes: [expect.any(Array)] });
    expect(boxesOf(body)).toEqual([at(-74, 40.7)]);
    expect(said.out).toContain('1 row changed: a box');
    expect(await origin.version('roads')).not.toBe('v1');
    await db.sql(`UPDATE ${table} SET geom = ${point(20, 20)} WHERE id = 1`);
    expect(boxesOf(await found())).toEqual([at(20, 20)]);
    expect(await found()).toBeUndefined();
  });

  it('begins with --from-now without a publication', async () => {
    const { table, found } = await detector({ args: ['--from-now'] });
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(10, 10)})`);
    expect(await found()).toBeUndefined();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(11, 10)})`);
    expect(await found()).toHaveProperty('boxes');
  });

  it('names the tiles of the zooms, including neighbours that a renderer draws into', async () => {
    const { table, found } = await detector({ args: ['--from-now', '--zooms', '1,3'] });
    await found();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(67, -50)})`);
    expect(tilesOf(await found())).toEqual(['1/1/1', '2/2/2', '3/5/5']);
    // A hundredth of a tile from the edge between two columns, and far from the neighbouring rows.
    await db.sql(`UPDATE ${table} SET geom = ${point(90.4, -45)}`);
    expect(tilesOf(await found())).toEqual(['1/1/1', '2/2/2', '2/3/2', '3/5/5', '3/6/5']);
    await db.sql(`UPDATE ${table} SET geom = ${point(179.99, -45)}`);
    expect(tilesOf(await found('--zooms', '3,3'))).toEqual(['3/0/5', '3/7/5']);
    await db.sql(`UPDATE ${table} SET geom = ${point(90.4, -45)}`);
    expect(tilesOf(await found('--zooms', '3,3', '--buffer', '0'))).toEqual(['3/6/5']);
  });

  it.each([
    ['metres of Web Mercator', 'geom geometry(Point, 3857)', `ST_Transform(${point(-74, 40.7)}, 3857)`, []],
    ['metres of a UTM zone', 'geom geometry(Point, 32618)', `ST_Transform(${point(-74, 40.7)}, 32618)`, []],
    ['a geography', 'geom geography', `${point(-74, 40.7)}::geography`, []],
    ['no spatial reference system', 'geom geometry', 'ST_Transform(' + point(-74, 40.7) + ', 32618)', []],
    [
      'a configured system',
      'geom geometry',
      'ST_SetSRID(ST_Transform(' + point(-74, 40.7) + ', 3857), 0)',
      ['--srid', '3857'],
    ],
  ])('converts %s to degrees', async (_, columns, value, args) => {
    const { table, found } = await detector({ columns, args: ['--from-now', ...args] });
    await found();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${value})`);
    expect(boxesOf(await found())).toEqual([at(-74, 40.7)]);
  });

  it('requires the system if geometries name none', async () => {
    const { table, found, run, said } = await detector({ columns: 'geom geometry', args: ['--from-now'] });
    await found();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(1, 2, 0)})`);
    expect([await run(), said.err]).toEqual([2, expect.stringContaining('--srid')]);
    // The row is still found.
    expect(await found('--srid', '4326')).toHaveProperty('boxes');
  });

  it('handles the parts of a shape separately, and ignores empty shapes', async () => {
    const { table, found } = await detector({ args: ['--from-now'] });
    await found();
    const apart = `ST_Collect(${point(-179, 5)}, ${point(179, 5)})`;
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${apart}), (NULL), (ST_GeomFromText('POLYGON EMPTY', 4326))`);
    expect(boxesOf(await found()).sort()).toEqual([at(-179, 5), at(179, 5)]);
    await db.sql(`INSERT INTO ${table} (geom) VALUES (NULL)`);
    expect(await found()).toBeUndefined();
  });

  it('publishes the whole layer for too many rows, and for a shape that cannot be converted to degrees', async () => {
    const { table, found } = await detector({ columns: 'geom geometry', args: ['--from-now', '--max-rows', '3'] });
    await found();
    await db.sql(`INSERT INTO ${table} (geom) SELECT ${point(1, 2)} FROM generate_series(1, 4)`);
    expect(await found()).toEqual({ layer: 'roads', id: expect.any(String) });
    await db.sql(`INSERT INTO ${table} (geom) VALUES (ST_Collect(ARRAY[${Array(5).fill(point(1, 2)).join()}]))`);
    expect(await found()).toEqual({ layer: 'roads', id: expect.any(String) });
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(1, 2, 990000)})`);
    expect(await found()).toEqual({ layer: 'roads', id: expect.any(String) });
    await db.sql(`INSERT INTO ${table} (geom) VALUES (ST_SetSRID(ST_MakePoint('Infinity', 2), 4326))`);
    expect(await found()).toEqual({ layer: 'roads', id: expect.any(String) });
    expect(await found()).toBeUndefined();
  });

  it('publishes the whole layer for a table that was truncated or replaced', async () => {
    const { table, found } = await detector();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(1, 2)})`);
    await found();
    await db.sql(`TRUNCATE ${table}`);
    expect(await found()).toEqual({ layer: 'roads' });
    await db.sql(`DROP TABLE ${table}; CREATE TABLE ${table} (geom geometry)`);
    expect(await found()).toEqual({ layer: 'roads' });
    expect(await found()).toBeUndefined();
  });

  it('reads all partitions of a table', async () => {
    const { table, found, run } = await detector();
    await db.sql(`DROP TABLE ${table};
      CREATE TABLE ${table} (id int, geom geometry(Point, 4326)) PARTITION BY RANGE (id);
      CREATE TABLE ${table}_a PARTITION OF ${table} FOR VALUES FROM (0) TO (10)`);
    await run('--from-now');
    await db.sql(`INSERT INTO ${table} VALUES (1, ${point(1, 2)})`);
    expect(await found()).toHaveProperty('boxes');
    await db.sql(`TRUNCATE ${table}_a`);
    expect(await found()).toEqual({ layer: 'roads' });
  });
});

describe('detect loses nothing', () => {
  it('finds the same rows again after a failure, with rows added meanwhile', async () => {
    const { table, run, found, fail, sent, said } = await detector({ args: ['--from-now'] });
    await found();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(1, 2)})`);
    fail('connection');
    expect([await run(), await run()]).toEqual([4, 4]);
    fail(Response.json({ error: { message: 'no' } }, { status: 503 }));
    expect(await run()).toBe(4);
    // The same rows make the same publication.
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(50, 60)})`);
    fail(undefined);
    const all = (await found()) as { boxes: number[][]; id: string };
    expect(all.boxes).toHaveLength(2);
    expect(all.id).not.toBe(sent[0]!.id);
    expect(await found()).toBeUndefined();
    expect(said.err + said.out).not.toContain(TOKEN);
  });

  it.each([['its own rows'], ['a savepoint']])(
    'finds a transaction that commits late, by %s, and the rows of others only once',
    async (how) => {
      const { table, found } = await detector({ args: ['--from-now'] });
      await found();
      const late = await db.connect();
      await late.query('BEGIN');
      if (how === 'a savepoint') await late.query(`CREATE TEMP TABLE x${table} (a int); SAVEPOINT s`);
      await late.query(`INSERT INTO ${table} (geom) VALUES (${point(1, 2)})`);
      // Transactions that begin later and end earlier.
      await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(50, 60)})`);
      expect(boxesOf(await found())).toEqual([at(50, 60)]);
      expect(await found()).toBeUndefined();
      await late.query('COMMIT');
      expect(boxesOf(await found())).toEqual([at(1, 2)]);
      expect(await found()).toBeUndefined();
    },
  );

  it.each([
    ['updated timestamptz NOT NULL DEFAULT now()', '0'],
    ['updated bigserial', '0'],
  ])('reads only from the last value of %s, and from before open transactions', async (column, overlap) => {
    const newer = ['--newer', 'updated', '--overlap', overlap];
    const { table, found, state } = await detector({
      columns: `geom geometry(Point, 4326), ${column}`,
      args: ['--from-now', ...newer],
    });
    const insert = (x: number) => `INSERT INTO ${table} (geom) VALUES (${point(x, 2)})`;
    const from = async () => (JSON.parse(await readFile(state, 'utf8')) as { newer: { from: unknown } }).newer.from;
    await db.sql(insert(0));
    await found();
    const late = await db.connect();
    await late.query('BEGIN');
    await late.query(insert(1));
    for (const x of [10, 20]) {
      await db.sql(insert(x));
      expect(boxesOf(await found())).toEqual([at(x, 2)]);
    }
    // The bound must not pass the start of the open transaction.
    const held = await from();
    await late.query('COMMIT');
    expect(boxesOf(await found())).toEqual([at(1, 2)]);
    await db.sql(insert(40));
    expect(await found()).toHaveProperty('boxes');
    await db.sql(insert(50));
    expect(await found()).toHaveProperty('boxes');
    expect(await from()).not.toEqual(held);
    // Rows before the bound are not read: the bound is in force.
    await db.sql(`INSERT INTO ${table} (geom, updated) SELECT ${point(60, 2)}, min(updated) FROM ${table}`);
    expect(await found()).toBeUndefined();
  });

  it('does not advance in the column while it cannot see all sessions', async () => {
    await db.sql(`CREATE ROLE blind LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO blind`);
    await db.sql(`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO blind`);
    const other = await db.connect();
    const { table, found, state } = await detector({
      columns: 'geom geometry(Point, 4326), updated timestamptz DEFAULT now()',
      args: ['--from-now', '--newer', 'updated'],
      pg: db.url.replace('owner', 'blind'),
    });
    for (const x of [1, 2, 3]) {
      await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(x, 2)})`);
      await found();
    }
    expect(JSON.parse(await readFile(state, 'utf8'))).toMatchObject({ newer: { from: null } });
    await other.end();
  });
});

describe('detect --watch', () => {
  it('runs when notified, and again after a failure and a lost connection, until it is stopped', async () => {
    const watching = ['--from-now', '--watch', '--listen', `Tile's changes`, '--interval', '3600'];
    const { table, run, sent, said, stop, fail } = await detector({ args: watching });
    const ended = run();
    const sessions = () =>
      db.sql(`SELECT pid FROM pg_stat_activity WHERE application_name = 'sw-tile-cache detect' AND query = 'ROLLBACK'`);
    await expect.poll(sessions, { timeout: 30_000 }).toHaveLength(1);
    const change = (x: number) =>
      db.sql(`INSERT INTO ${table} (geom) VALUES (${point(x, 2)}); NOTIFY "Tile's changes"`);
    await change(1);
    await expect.poll(() => sent.length, { timeout: 30_000 }).toBe(1);
    fail('connection');
    await change(2);
    await expect.poll(() => said.err, { timeout: 30_000 }).toContain('tried again');
    fail(undefined);
    await expect.poll(() => said.out.match(/is now/g), { timeout: 30_000 }).toHaveLength(2);
    expect(boxesOf(sent.at(-1))).toEqual([at(2, 2)]);

    await db.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sw-tile-cache detect'`,
    );
    await change(3);
    await expect.poll(() => said.out.match(/is now/g), { timeout: 30_000 }).toHaveLength(3);
    expect(boxesOf(sent.at(-1))).toEqual([at(3, 2)]);

    fail(Response.json({ error: { message: 'no' } }, { status: 401 }));
    await change(4);
    expect(await ended).toBe(3);
    stop();
    const { run: again, stop: end } = await detector({ args: watching });
    end();
    expect(await again()).toBe(0);
  });
});

describe('docs/detect.md', () => {
  const blocks = async (language: string) =>
    (await readFile('docs/detect.md', 'utf8'))
      .split(/^```/m)
      .filter((text) => text.startsWith(`${language}\n`))
      .map((text) => text.slice(language.length));

  it('shows a table of changes that records where rows were', async () => {
    await db.sql(`CREATE ROLE tiles; CREATE TABLE flood_zones (id int, geom geometry(Point, 32618))`);
    for (const block of await blocks('sql')) await db.sql(block);
    const { found } = await detector({ args: ['--from-now', '--table', 'tile_changes', '--newer', 'id'] });
    await found();
    const zone = (x: number) => `ST_Transform(${point(x, 40)}, 32618)`;
    await db.sql(`INSERT INTO flood_zones VALUES (1, ${zone(-74)}), (2, ${zone(-78)})`);
    expect(boxesOf(await found()).sort()).toEqual([at(-74, 40), at(-78, 40)]);
    await db.sql(`UPDATE flood_zones SET geom = ${zone(-70)} WHERE id = 1`);
    expect(boxesOf(await found()).sort()).toEqual([at(-70, 40), at(-74, 40)]);
    await db.sql(`DELETE FROM flood_zones WHERE id = 2`);
    expect(boxesOf(await found())).toEqual([at(-78, 40)]);
    await db.sql(`TRUNCATE flood_zones`);
    expect(boxesOf(await found())).toEqual([[-180, -85.05113, 180, 85.05113]]);
  });

  it('shows valid commands', async () => {
    const commands = (await blocks('sh')).flatMap((text) => [...text.matchAll(/^npx sw-tile-cache detect (.+)$/gm)]);
    expect(commands).toHaveLength(2);
    for (const [, args] of commands) expect(readDetect(args!.split(' '))).toMatchObject({ state: 'flood_zones.json' });
  });
});

describe('detect refuses', () => {
  it.each([
    [['--table', 'nowhere'], '--table'],
    [['--table', 'pg_catalog.pg_tables'], '--table'],
    [['--geometry', 'id'], '--geometry'],
    [['--geometry', 'geom"; DROP TABLE x; --'], '--geometry'],
    [['--newer', 'nothing'], '--newer'],
    [['--newer', 'geom'], '--newer'],
  ])('%s', async (args, field) => {
    const { run, said, sent } = await detector({ args: ['--from-now'] });
    expect([await run(...args), said.err, sent]).toEqual([2, expect.stringContaining(field), []]);
  });

  it('a file of another table, or another kind of file', async () => {
    const { run, state, said } = await detector({ args: ['--from-now'] });
    expect(await run()).toBe(0);
    expect([await run('--geometry', 'other'), said.err]).toEqual([2, expect.stringContaining('another')]);
    await writeFile(state, '{}');
    expect([await run(), said.err]).toEqual([2, expect.stringContaining('--state')]);
    expect(await run('--state', join(state, 'is-a-file.json'))).toBe(2);
  });

  it('a second detector on the same file while the first one runs', async () => {
    const { run, state, said, sent, found, table } = await detector({ args: ['--from-now'] });
    await run();
    await db.sql(`INSERT INTO ${table} (geom) VALUES (${point(1, 2)})`);
    const other = JSON.stringify({ host: hostname(), pid: process.ppid, mark: 'another' });
    await writeFile(`${state}.lock`, other);
    expect([await run(), said.err, sent]).toEqual([2, expect.stringContaining('another detector'), []]);
    await rm(`${state}.lock`);
    expect(boxesOf(await found())).toEqual([at(1, 2)]);
  });

  it('no name, whatever its characters', async () => {
    const { run, found, table } = await detector({ args: ['--from-now'] });
    const name = `O'Brien"s; DROP TABLE ${table};--.x`;
    await db.sql(`CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."${name.replaceAll('"', '""')}" ("Geom Etrie" geometry)`);
    const args = ['--table', `"a.b"."${name.replaceAll('"', '""')}"`, '--geometry', 'Geom Etrie'];
    expect(await run(...args)).toBe(0);
    await db.sql(`INSERT INTO "a.b"."${name.replaceAll('"', '""')}" VALUES (${point(1, 2)})`);
    expect(await found(...args)).toHaveProperty('boxes');
    expect(await db.sql(`SELECT to_regclass('${table}') IS NOT NULL AS there`)).toEqual([{ there: true }]);
  });

  it('a failing connection with a reason that does not quote the connection string', async () => {
    const { said, run } = await detector();
    await db.sql(`CREATE ROLE secretive LOGIN`);
    const secret = 'Sup3rS3cret';
    const given = [
      [`postgres://u:${secret}@127.0.0.1:1/x`, 2],
      [`postgres://u@127.0.0.1:1/x?password=${secret}`, 2],
      [`mysql://${secret}@127.0.0.1/x`, 2],
      [`postgres://${secret}@127.0.0.1:1/${secret}`, 4],
      [db.url.replace('postgres?', '').replace(/postgres$/, secret), 2],
      [db.url.replace('owner', secret), 2],
    ] as const;
    for (const [url, code] of given) expect([url, await run('--pg', url)]).toEqual([url, code]);
    expect(said.err).not.toContain(secret);
    expect(said.err).not.toContain('127.0.0.1');
    expect(said.err).toContain('ECONNREFUSED');
  });
});
