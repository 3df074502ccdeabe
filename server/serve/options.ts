import { parseOnce } from '../util/parse-once';
import { basename } from 'node:path';
import { TileCacheError } from '../../src/shared/errors';
import { presets } from '../../src/shared/presets';
import { readLayerName } from '../../src/shared/validate';
import { isOrigin } from '../http/cors';
import { CODE } from '../util/option-readers';
import type { OriginLayer } from '../layers/origin-layer';
import type { Upstream } from './upstream-paths';

/** The arguments of `serve`. */
export interface ServeTask {
  upstream?: Upstream;
  /** The path of the folder to serve. */
  folder?: string;
  /** Paths of PMTiles and MBTiles files, by layer. */
  archives: Record<string, string>;
  layers: Record<string, OriginLayer>;
  /** Origins of pages that are not on this origin. */
  pages: string[];
  host: string;
  port: number;
  /** Path of the file that keeps the versions. */
  state?: string;
  tokenFile?: string;
  /** Path of the file with orders to pages. */
  orders?: string;
  /** The number of the operator's own proxies in front. */
  proxies: number;
  /** Seconds that the upstream may take. */
  timeout: number;
}

export const SERVE_USAGE = `serve: runs in front of a tile server, a folder or an archive: headers, versions, publishing, stream, collector, worker.
  sw-tile-cache serve --upstream <url> | --folder <folder> | --pmtiles <file> | --mbtiles <file> [options]
  --upstream <url>       a tile server, requested with the same paths; http://127.0.0.1:3000/data/{path} omits /tiles/
  --folder <folder>      a folder, served at its own paths: tiles in tiles/<layer>/<z>/<x>/<y>.<ext>
  --pmtiles <file>       serves roads.pmtiles at /tiles/roads/<z>/<x>/<y>; may be repeated and combined with the others
  --mbtiles <file>       serves an MBTiles file in the same way, up to 1 GiB, which it reads into memory
  --layer <name=preset>  the freshness windows of a layer (${Object.keys(presets).join(', ')}); may be repeated
  --page <origin>        allows pages of this other origin to read and to send beacons; may be repeated
  --state <file>         the file that keeps the versions (default: in memory, so that a restart forgets them)
  --token-file <file>    the file with the token for publishing and /status (default: the environment variable
                         TILE_PUBLISH_TOKEN; without a token nobody can publish)
  --orders <file>        a JSON file with orders to every page, read at each check: { "worker": "off", "message": "…" }
  --host <address>       the address to listen at (default: 127.0.0.1, this machine only)
  --port <port>          the port to listen at; 0 picks a free one (default: 8080)
  --proxies <count>      the number of your own proxies in front, whose X-Forwarded-* it trusts (default: 0)
  --timeout <seconds>    the time that the upstream may take (default: 30)
  Requires: npm install hono @hono/node-server (and pmtiles for --pmtiles, sql.js for --mbtiles, prom-client for /metrics).
  Exit codes: 0 stopped; 2 wrong arguments.
`;

/**
 * Reads the arguments after `serve`. Returns `undefined` for `--help`. Throws `INVALID_OPTION`, which names the flag.
 */
export function readServe(args: string[]): ServeTask | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  if (positionals.length > 0) throw wrong(positionals[0]!.slice(0, 100), 'is not a known argument');
  if (values.upstream !== undefined && values.folder !== undefined)
    throw wrong('--folder', 'and --upstream exclude each other');
  if (values.upstream === undefined && values.folder === undefined && !values.pmtiles && !values.mbtiles)
    throw wrong('--upstream', 'is missing, and so are --folder, --pmtiles and --mbtiles');
  const { folder, state, orders } = values;
  for (const flag of ['folder', 'state', 'token-file', 'orders'] as const)
    if (values[flag] === '') throw wrong(`--${flag}`, 'needs a path');
  return {
    ...(values.upstream !== undefined && { upstream: readUpstream(values.upstream) }),
    ...(folder !== undefined && { folder }),
    ...(state !== undefined && { state }),
    ...(orders !== undefined && { orders }),
    ...(values['token-file'] !== undefined && { tokenFile: values['token-file'] }),
    archives: readArchives({ pmtiles: values.pmtiles, mbtiles: values.mbtiles }),
    layers: readLayerFlags(values.layer ?? []),
    pages: readPages(values.page ?? []),
    host: readHost(values.host ?? '127.0.0.1'),
    port: whole('--port', values.port ?? '8080', 0, 65_535),
    proxies: whole('--proxies', values.proxies ?? '0', 0, 10),
    timeout: whole('--timeout', values.timeout ?? '30', 1, 600),
  };
}

function parse(args: string[]) {
  const one = { type: 'string' } as const;
  const many = { type: 'string', multiple: true } as const;
  try {
    return parseOnce({
      args,
      allowPositionals: true,
      options: {
        ...{
          upstream: one,
          folder: one,
          pmtiles: many,
          mbtiles: many,
          layer: many,
          page: many,
          state: one,
          'token-file': one,
          orders: one,
        },
        ...{ host: one, port: one, proxies: one, timeout: one, help: { type: 'boolean', short: 'h' } },
      },
    });
  } catch (cause) {
    const { message } = cause as Error;
    throw wrong(/--[\w-]+/.exec(message)?.[0] ?? 'arguments', message.split(/\.\s/)[0]!.replace(/\.$/, ''));
  }
}

function readUpstream(given: string): Upstream {
  const strip = given.endsWith('{path}');
  const base = strip ? given.slice(0, -'{path}'.length) : given;
  if (/[{}]/.test(base)) throw wrong('--upstream', 'may contain {path} at its end, and nothing else in braces');
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong('--upstream', 'must be an http or https URL');
  // Every user of the machine can read command lines, so they must not contain passwords.
  if (url.username || url.password) throw wrong('--upstream', 'must not contain a user or a password');
  if (/[?#]/.test(base)) throw wrong('--upstream', 'must not contain a query or a fragment');
  if (strip && !url.pathname.endsWith('/')) throw wrong('--upstream', 'must have a slash before {path}');
  return { origin: url.origin, base: strip ? url.pathname : url.pathname.replace(/\/+$/, ''), strip };
}

function readArchives(paths: Record<'pmtiles' | 'mbtiles', readonly string[] | undefined>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const kind of ['pmtiles', 'mbtiles'] as const)
    for (const path of paths[kind] ?? []) {
      const flag = `--${kind}`;
      const name = basename(path, `.${kind}`);
      if (!path.endsWith(`.${kind}`)) throw wrong(flag, `must be a file whose name ends in .${kind}`);
      readLayerName(name, `${flag} (the name of the file)`, CODE);
      if (Object.hasOwn(found, name)) throw wrong(flag, `names the layer ${name} twice`);
      found[name] = path;
    }
  return found;
}

function readLayerFlags(given: readonly string[]): Record<string, OriginLayer> {
  const layers = given.map((text) => {
    const at = text.lastIndexOf('=');
    const [name, preset] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 0 || !Object.hasOwn(presets, preset))
      throw wrong('--layer', `must be name=preset, with a preset of ${Object.keys(presets).join(', ')}`);
    return [readLayerName(name, '--layer', CODE), { preset: preset as keyof typeof presets }] as const;
  });
  const twice = layers.find(([name], i) => layers.findIndex(([other]) => other === name) < i);
  if (twice) throw wrong('--layer', `names the layer ${twice[0]} twice`);
  return Object.fromEntries(layers);
}

function readPages(given: readonly string[]): string[] {
  for (const page of given)
    if (!isOrigin(page)) throw wrong('--page', 'must be an origin such as https://maps.example');
  return [...given];
}

function readHost(host: string): string {
  if (!/^[\w.:-]{1,253}$/.test(host)) throw wrong('--host', 'must be an address or a name of this machine');
  return host;
}

function whole(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw wrong(flag, `must be a whole number from ${min} to ${max}`);
  return value;
}

/** Creates the error that names a wrong flag. */
export function wrong(field: string, why: string, remedy = 'See sw-tile-cache serve --help.'): TileCacheError {
  return new TileCacheError({ code: 'INVALID_OPTION', field, message: `${field}: ${why}.`, remedy });
}
