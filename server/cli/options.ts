import { parseOnce, TWICE } from '../util/parse-once';
import { nearest } from '../../src/shared/nearest';
import { TileCacheError } from '../../src/shared/errors';
import type { TileId } from '../../src/shared/tile';

/** The parsed command line. */
export type CliCommand =
  | { command: 'help' }
  | { command: 'packageVersion' }
  | { command: 'version'; files: string[]; root: string | undefined }
  | { command: 'digest'; path: string }
  | {
      command: 'publish';
      url: URL;
      /** The publication's fields from the options, which override those of a manifest file. */
      body: Record<string, unknown>;
      files: string[];
      /** Paths of lists of changed tiles. */
      expire: string[];
      /** Paths of two editions of the tiles, whose differences are the changes. */
      compared: readonly [before: string, after: string] | undefined;
      root: string | undefined;
      manifest: string | undefined;
      tokenFile: string | undefined;
      json: boolean;
      /** Seconds that the publication may take. */
      timeout: number;
    };

export const USAGE = `Usage:
  sw-tile-cache publish --url <url> --layer <name> [options]
  sw-tile-cache version <file>... [--root <folder>]
  sw-tile-cache digest <folder, .pmtiles or .mbtiles>
  sw-tile-cache detect --pg <url> --table <name> --layer <name> --state <file> --url <url> [options]
  sw-tile-cache audit <url> [options]
  sw-tile-cache serve --upstream <url> | --folder <folder> | --pmtiles <file> | --mbtiles <file> [options]
  sw-tile-cache --version | --help

publish: announces to the origin that a layer's data changed, and shows each step.
  --url <url>            the origin's publish endpoint: https://tiles.example/api/publish
  --layer <name>         the layer's name
  --version <version>    the new version
  --files <file>         computes the new version from this file, instead of --version; may be repeated
  --root <folder>        the folder that file names are relative to (default: the current folder)
  --bbox <w,s,e,n>       only this bounding box changed; west > east crosses the antimeridian
  --expire <path>        only the tiles in this list changed: a file of z/x/y lines (osm2pgsql, tegola), or a
                         folder of such files (imposm); may be repeated
  --before <path>        only the tiles that differ between --before and --after changed. Each is a folder of
  --after <path>         tiles (z/x/y.ext), a .pmtiles or .mbtiles file, or the output of sw-tile-cache digest;
                         or both are GeoJSON files, whose differing features give the changed places
  --zooms <min,max>      only these zooms changed. With a list of tiles: their ancestors and descendants in these
                         zooms. With GeoJSON: publishes tiles of these zooms (default: boxes)
  --scope <scope>        tiles | metadata
  --retire               retires the layer: it leaves the manifest
  --allow-gone           accepts that tiles that existed before are gone, because the data shrinks
  --sample <z/x/y>       a changed tile that exists, for the check at the edge; may be repeated
  --tag <tag>            a further cache tag to purge at the CDN; may be repeated
  --id <id>              the idempotence key: the origin publishes an id only once
  --manifest <file>      reads the publication from a JSON file, or from standard input (-); options override it
  --token-file <file>    the file with the token (default: the environment variable TILE_PUBLISH_TOKEN)
  --timeout <seconds>    gives up after this time (default: 180)
  --json                 prints only the report, as JSON

detect: publishes the changes in a PostGIS table since the last run; see detect --help.

audit: finds caching mistakes of a tile's URL, at the edge, in the browser and in the worker; see audit --help.

serve: runs the complete origin in front of a tile server, a folder or an archive; see serve --help.

version: prints the version of files, as --files computes it.
digest: prints one line for each tile. Keep the output, and pass it as --before the next time.
--version: prints the version of this package, if no command is given.

Exit codes: 0 published; 1 the version is published, but a step failed (a CDN's purge, the check at the edge);
2 wrong usage; 3 the origin refused; 4 the origin failed or did not answer; as far as known, nothing was published.
`;

/** Reads the arguments after the program's name. Throws `INVALID_OPTION`, which names the option. */
export function readArguments(argv: string[]): CliCommand {
  const [command, ...rest] = argv;
  if (command === undefined) throw wrong('command', 'is missing');
  if (command === 'help' || command === '--help' || command === '-h') return { command: 'help' };
  if (command === '--version' && rest.length === 0) return { command: 'packageVersion' };
  if (command.startsWith('-')) throw wrong('command', `must come first, before ${command.split('=')[0]!}`);
  if (command !== 'publish' && command !== 'version' && command !== 'digest')
    throw wrong('command', `${command} is unknown${meantCommand(command)}`);
  const { values, positionals } = parse(rest);
  if (values.help) return { command: 'help' };
  const foreign = Object.keys(values).find(
    (flag) => command !== 'publish' && !(command === 'version' && flag === 'root'),
  );
  if (foreign !== undefined) throw wrong(`--${foreign}`, `is no option of ${command}`);
  if (command === 'version') {
    if (positionals.length === 0) throw wrong('file', 'is missing');
    return { command, files: positionals, root: values.root };
  }
  if (command === 'digest') {
    if (positionals.length !== 1) throw wrong('path', 'must be one folder or one .pmtiles or .mbtiles file');
    return { command, path: positionals[0]! };
  }
  if (positionals.length > 0) throw wrong(positionals[0]!, 'is not a known argument');
  if (values.version !== undefined && values.files) throw wrong('--files', 'and --version exclude each other');
  if (values.root !== undefined && !values.files) throw wrong('--root', 'goes with --files');
  if (values.bbox !== undefined && values.expire) throw wrong('--expire', 'and --bbox exclude each other');
  const compared = readCompared(values);
  const timeout = Number(values.timeout ?? 180);
  if (!(timeout > 0 && timeout <= 3600)) throw wrong('--timeout', 'must be a number of seconds, 3600 at most');
  return {
    command,
    url: readUrl(values.url),
    files: values.files ?? [],
    expire: values.expire ?? [],
    compared,
    root: values.root,
    manifest: values.manifest,
    tokenFile: values['token-file'],
    json: values.json ?? false,
    timeout,
    body: {
      ...(values.layer !== undefined && { layer: values.layer }),
      ...(values.version !== undefined && { version: values.version }),
      ...(values.bbox !== undefined && { bbox: numbers('--bbox', values.bbox, 4) }),
      ...(values.zooms !== undefined && { zooms: numbers('--zooms', values.zooms, 2) }),
      ...(values.scope !== undefined && { scope: values.scope }),
      ...(values.id !== undefined && { id: values.id }),
      ...(values.tag && { tags: values.tag }),
      ...(values.sample && { samples: values.sample.map(tileOf) }),
      ...(values.retire && { retired: true }),
      ...(values['allow-gone'] && { allowGone: true }),
    },
  };
}

function meantCommand(command: string): string {
  const near = nearest(command, ['publish', 'version', 'digest', 'detect', 'audit', 'serve']);
  return near ? ` (did you mean ${near}?)` : '';
}

function parse(args: string[]) {
  const one = { type: 'string' } as const;
  const many = { type: 'string', multiple: true } as const;
  try {
    return parseOnce({
      // `--bbox -74,40,-73,41` would else look like two options.
      args: args.flatMap((arg, i) =>
        args[i - 1] === '--bbox' && /^-[\d.]/.test(arg)
          ? []
          : args[i + 1] && arg === '--bbox' && /^-[\d.]/.test(args[i + 1]!)
            ? [`--bbox=${args[i + 1]}`]
            : [arg],
      ),
      allowPositionals: true,
      options: {
        url: one,
        layer: one,
        version: one,
        files: many,
        root: one,
        bbox: one,
        expire: many,
        before: one,
        after: one,
        zooms: one,
        scope: one,
        tag: many,
        sample: many,
        id: one,
        manifest: one,
        'token-file': one,
        timeout: one,
        json: { type: 'boolean' },
        retire: { type: 'boolean' },
        'allow-gone': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw misread(cause as Error & { code?: string });
  }
}

function readCompared({ before, after, bbox }: { before?: string; after?: string; bbox?: string }) {
  if (before === undefined && after === undefined) return undefined;
  if (before === undefined) throw wrong('--before', 'is missing beside --after');
  if (after === undefined) throw wrong('--after', 'is missing beside --before');
  if (bbox !== undefined) throw wrong('--before', 'and --bbox exclude each other');
  return [before, after] as const;
}

/** Converts the platform's error to one sentence, without its advice of several lines. */
function misread(cause: Error & { code?: string }): TileCacheError {
  const option = /--[\w-]+/.exec(cause.message)?.[0];
  const valueMissing = cause.code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && !cause.message.includes('does not take');
  if (option && cause.message.endsWith(TWICE)) return wrong(option, TWICE, cause);
  if (option && valueMissing) return wrong(option, 'needs a value', cause);
  return wrong('arguments', cause.message.split(/\.\s/)[0]!.replace(/\.$/, ''), cause);
}

/** Reads the URL of an endpoint that takes a token. Throws `INVALID_OPTION`. */
export function readUrl(value: string | undefined): URL {
  if (value === undefined) throw wrong('--url', 'is missing');
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const loopback = url && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  // The token would be read on the way.
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback)))
    throw wrong('--url', 'must be an https URL, or http on this machine');
  if (url.username || url.password) throw wrong('--url', 'must not contain a user or a password');
  return url;
}

/** Reads comma-separated numbers. Throws `INVALID_OPTION`. */
export function numbers(option: string, value: string, count: number): number[] {
  const list = value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (list.length !== count || list.some(Number.isNaN))
    throw wrong(option, `must be ${count} numbers separated by commas`);
  return list;
}

function tileOf(value: string): TileId {
  const parts = /^(\d{1,2})\/(\d{1,10})\/(\d{1,10})$/.exec(value);
  if (!parts) throw wrong('--sample', 'must be z/x/y, such as 12/2200/1343');
  return { z: Number(parts[1]), x: Number(parts[2]), y: Number(parts[3]) };
}

function wrong(field: string, why: string, cause?: unknown): TileCacheError {
  return new TileCacheError(
    { code: 'INVALID_OPTION', field, message: `${field}: ${why}.`, remedy: 'See sw-tile-cache --help.' },
    { cause },
  );
}
