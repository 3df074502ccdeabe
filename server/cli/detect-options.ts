import { readLayerName, readZooms } from '../../src/shared/validate';
import { readIdentifier, readTableName } from '../detect/identifiers';
import type { DetectTask } from '../detect/task';
import { wrong } from '../detect/wrong';
import { CODE } from '../util/option-readers';
import { parseOnce, TWICE } from '../util/parse-once';
import { numbers, readUrl } from './options';

/** The arguments of `detect`. */
export interface DetectCommand {
  task: DetectTask;
  /** A connection URL. */
  pg?: string;
  url: URL;
  tokenFile?: string;
  /** Path of the file that keeps the cursor. */
  state: string;
  /** Whether the first run publishes nothing. */
  fromNow: boolean;
  json: boolean;
  /** Seconds that one publication may take. */
  timeout: number;
  watch?: { interval: number; channel?: string };
}

export const DETECT_USAGE = `detect: publishes the changes in a PostGIS table since the last run.
  sw-tile-cache detect --pg <url> --table <name> --layer <name> --state <file> --url <url> [options]
  --pg <url>             postgres://user@host:5432/database, without a password: set PGPASSWORD or ~/.pgpass.
                         Without --pg, uses DATABASE_URL (which may contain a password), or PGHOST, PGDATABASE etc.
  --table <name>         the table, or schema.table; quote a part that contains a dot: '"my.schema".roads'
  --geometry <column>    the column with the geometry or geography (default: geom)
  --layer <name>         the layer that shows the table
  --state <file>         the file that remembers the last run; if it does not exist, publishes the whole layer
  --from-now             publishes nothing in the first run, only later changes
  --url <url>            the origin's publish endpoint: https://tiles.example/api/publish
  --zooms <min,max>      publishes the tiles of these zooms that the changed rows touch (default: boxes, for all zooms)
  --buffer <share>       the share of a tile by which the renderer draws over its edge (default: 0.1)
  --srid <number>        the reference system of geometries that do not name one
  --newer <column>       an indexed column with a timestamp or growing number, set at each write: avoids full scans
  --overlap <amount>     the part of --newer that each run reads again: seconds, or numbers (default: 86400, or 10000)
  --max-rows <count>     the number of changed rows above which it publishes the whole layer (default: 10000)
  --watch                runs until you stop it
  --interval <seconds>   with --watch: the time between two checks (default: 10; 60 with --listen)
  --listen <channel>     with --watch: checks at once after a notification on this channel
  --token-file <file>    the file with the token (default: the environment variable TILE_PUBLISH_TOKEN)
  --timeout <seconds>    the time that one publication may take (default: 180)
  --json                 prints only reports, as JSON
  Requires: npm install pg
  Exit codes: 0 published, or nothing changed; 1 the version is published, but a step failed; 2 wrong usage;
  3 the origin refused; 4 the database or the origin failed. After 1, 3 and 4 the next run finds the same changes again.
`;

/**
 * Reads the arguments after `detect`. Returns `undefined` for `--help`. Throws `INVALID_OPTION`, which names the flag.
 */
export function readDetect(args: string[]): DetectCommand | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const needed = (flag: 'table' | 'layer' | 'state') => {
    const value = values[flag];
    if (value === undefined || value === '') throw wrong(`--${flag}`, 'is missing');
    return value;
  };
  if (!values.watch) {
    const alone = (['interval', 'listen'] as const).find((flag) => values[flag] !== undefined);
    if (alone) throw wrong(`--${alone}`, 'goes with --watch');
  }
  if (values.overlap !== undefined && values.newer === undefined) throw wrong('--overlap', 'goes with --newer');
  const amount = (flag: keyof typeof LIMITS) => readAmount(`--${flag}`, values[flag], ...LIMITS[flag]);
  const optional = (flag: keyof typeof LIMITS) => (values[flag] === undefined ? undefined : amount(flag));
  const [overlap, srid] = [optional('overlap'), optional('srid')];
  const task: DetectTask = {
    layer: readLayerName(needed('layer'), '--layer', CODE),
    table: readTableName(needed('table'), '--table'),
    geometry: readIdentifier(values.geometry ?? 'geom', '--geometry'),
    ...(values.newer !== undefined && { newer: readIdentifier(values.newer, '--newer') }),
    ...(overlap !== undefined && { overlap }),
    ...(srid !== undefined && { srid }),
    ...(values.zooms !== undefined && { zooms: readZooms(numbers('--zooms', values.zooms, 2), '--zooms', CODE) }),
    buffer: readAmount('--buffer', values.buffer, 0, 1, 0.1, false),
    maxRows: amount('max-rows'),
    patience: amount('timeout'),
  };
  return {
    task,
    ...(values.pg !== undefined && { pg: values.pg }),
    url: readUrl(values.url),
    ...(values['token-file'] !== undefined && { tokenFile: values['token-file'] }),
    state: needed('state'),
    fromNow: values['from-now'] ?? false,
    json: values.json ?? false,
    timeout: amount('timeout'),
    ...(values.watch && {
      watch: {
        interval: readAmount('--interval', values.interval, 1, 86_400, values.listen === undefined ? 10 : 60),
        ...(values.listen !== undefined && { channel: readIdentifier(values.listen, '--listen') }),
      },
    }),
  };
}

/** The minimum, the maximum and the default of each number. */
const LIMITS: Record<'overlap' | 'srid' | 'max-rows' | 'timeout', [least: number, most: number, otherwise: number]> = {
  overlap: [0, 1e9, 0],
  srid: [1, 999_999, 0],
  'max-rows': [1, 100_000, 10_000],
  timeout: [1, 3600, 180],
};

function readAmount(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
  otherwise: number,
  whole = true,
): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,10}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw wrong(flag, `must be a ${whole ? 'whole number' : 'number'} from ${least} to ${most}`);
}

function parse(args: string[]) {
  const one = { type: 'string' } as const;
  const yes = { type: 'boolean' } as const;
  try {
    return parseOnce({
      args,
      options: {
        ...{ pg: one, table: one, geometry: one, layer: one, state: one, 'from-now': yes, url: one, zooms: one },
        ...{
          buffer: one,
          srid: one,
          newer: one,
          overlap: one,
          'max-rows': one,
          watch: yes,
          interval: one,
          listen: one,
        },
        ...{ 'token-file': one, timeout: one, json: yes, help: { type: 'boolean', short: 'h' } as const },
      },
    }).values;
  } catch (cause) {
    const { message } = cause as Error;
    // The platform's words quote what it did not understand, and that may be a connection URL.
    throw wrong(
      /--[\w-]+/.exec(message)?.[0] ?? 'arguments',
      message.endsWith(TWICE) ? TWICE : 'is not understood here, or needs a value',
    );
  }
}
