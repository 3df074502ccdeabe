import { parseOnce, TWICE } from '../util/parse-once';
import { TileCacheError } from '../../src/shared/errors';
import type { TileId } from '../../src/shared/tile';

/** What the command line says. */
export type CliCommand =
  | { command: 'help' }
  | { command: 'packageVersion' }
  | { command: 'version'; files: string[]; root: string | undefined }
  | { command: 'digest'; path: string }
  | {
      command: 'publish';
      url: URL;
      /** The publication as far as the options say it; a manifest file comes first. */
      body: Record<string, unknown>;
      files: string[];
      /** Lists of tiles that changed. */
      expire: string[];
      /** Two editions of the tiles: what differs changed. */
      compared: readonly [before: string, after: string] | undefined;
      root: string | undefined;
      manifest: string | undefined;
      tokenFile: string | undefined;
      json: boolean;
      /** Seconds. */
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

publish: tells the origin that a layer's data changed, and shows each step.
  --url <url>            the origin's publish endpoint: https://tiles.example/api/publish
  --layer <name>         the layer
  --version <version>    its version from now on
  --files <file>         instead of --version: made from this file; may be repeated
  --root <folder>        folder that the names of files count from (default: the present one)
  --bbox <w,s,e,n>       only this box changed; west > east crosses the antimeridian
  --expire <path>        only the tiles of this list changed: z/x/y lines (osm2pgsql, tegola), or a folder of
                         such files (imposm); may be repeated
  --before <path>        with --after: only the tiles that differ between these two changed; each a folder of
  --after <path>         tiles (z/x/y.ext), a .pmtiles or .mbtiles file, or what sw-tile-cache digest printed;
                         or two files of GeoJSON: the places of features that differ
  --zooms <min,max>      only these zooms changed; of a list: parents of its tiles, and all beneath them;
                         of GeoJSON: the tiles of these zooms (without: boxes)
  --scope <scope>        tiles | metadata
  --retire               the layer is no more: it leaves the manifest
  --allow-gone           the data shrinks: tiles that were there may be no more
  --sample <z/x/y>       a changed tile that exists, for the look at the edge; may be repeated
  --tag <tag>            a further cache tag to purge at the CDN; may be repeated
  --id <id>              idempotence key: a repeated one changes nothing
  --manifest <file>      a publication as JSON, - for standard input; the options above win over it
  --token-file <file>    holds the token (default: the variable TILE_PUBLISH_TOKEN)
  --timeout <seconds>    default 180
  --json                 print the report as JSON, and nothing else

detect: publishes what changed in a table of PostGIS since the last run; see detect --help.

audit: says what will go wrong with a tile's URL at edge, browser and worker; see audit --help.

serve: stands before a tile server, a folder or an archive as the whole origin; see serve --help.

version: prints the version that files have, as --files would make it.
digest: prints a line for each tile, to be kept and given as --before the next time.
--version: without a command, prints the version of this package.

Exit codes: 0 published; 1 the version is out, but a step failed (a CDN's purge, the check at the edge);
2 wrong usage; 3 refused by the origin; 4 the origin failed or did not answer, nothing is known to be published.
`;

/** Reads the arguments behind the program's name. Throws `INVALID_OPTION`. */
export function readArguments(argv: string[]): CliCommand {
  const [command, ...rest] = argv;
  if (command === undefined) throw wrong('command', 'is missing');
  if (command === 'help' || command === '--help' || command === '-h') return { command: 'help' };
  if (command === '--version' && rest.length === 0) return { command: 'packageVersion' };
  if (command.startsWith('-')) throw wrong('command', `must come first, before ${command.split('=')[0]!}`);
  if (command !== 'publish' && command !== 'version' && command !== 'digest')
    throw wrong('command', `${command} is unknown`);
  const { values, positionals } = parse(rest);
  if (values.help) return { command: 'help' };
  if (command === 'version') {
    if (positionals.length === 0) throw wrong('file', 'is missing');
    return { command, files: positionals, root: values.root };
  }
  if (command === 'digest') {
    if (positionals.length !== 1) throw wrong('path', 'must be one folder or one .pmtiles or .mbtiles file');
    return { command, path: positionals[0]! };
  }
  if (positionals.length > 0) throw wrong(positionals[0]!, 'is not understood here');
  if (values.version !== undefined && values.files) throw wrong('--files', 'and --version exclude each other');
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

/** In one sentence: the platform adds advice over several lines. */
function misread(cause: Error & { code?: string }): TileCacheError {
  const option = /--[\w-]+/.exec(cause.message)?.[0];
  const valueMissing = cause.code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && !cause.message.includes('does not take');
  if (option && cause.message.endsWith(TWICE)) return wrong(option, TWICE, cause);
  if (option && valueMissing) return wrong(option, 'needs a value behind it', cause);
  return wrong('arguments', cause.message.split(/\.\s/)[0]!.replace(/\.$/, ''), cause);
}

/** An endpoint that takes a token. Throws `INVALID_OPTION`. */
export function readUrl(value: string | undefined): URL {
  if (value === undefined) throw wrong('--url', 'is missing');
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const loopback = url && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  // The token would be read on the way.
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback)))
    throw wrong('--url', 'must be an https URL, or http on this machine');
  if (url.username || url.password) throw wrong('--url', 'must not hold a user or a password');
  return url;
}

/** Numbers with commas between them. Throws `INVALID_OPTION`. */
export function numbers(option: string, value: string, count: number): number[] {
  const list = value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (list.length !== count || list.some(Number.isNaN))
    throw wrong(option, `must be ${count} numbers with commas between them`);
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
