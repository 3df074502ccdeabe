import type { InspectCommand } from '../../src/shared/inspect-commands';
import { expandTemplate } from '../../src/shared/expand-template';
import type { TileId } from '../../src/shared/tile';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { tileUrls } from '../../src/shared/tile-urls';
import { isInteger, isRecord, readLayerName, refuse } from '../../src/shared/validate';
import type { InspectTools } from './tools';

/** The request to inspect. */
export interface Asked {
  url: string;
  address: TileAddress | undefined;
  request: Request;
}

const CODE = 'INVALID_MESSAGE';
const MODES = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'];
const MAX_URL = 8192;
const MAX_HEADERS = 32;

/** Reads the command. Returns `undefined` if no URL of the tile is known. Throws `INVALID_MESSAGE`. */
export function askedFor(
  tools: InspectTools,
  command: Extract<InspectCommand, { action: 'inspect' }>,
): Asked | undefined {
  const { headers, cache = 'default' } = command;
  if (!MODES.includes(cache)) refuse(CODE, 'cache', 'a cache mode');
  const url = 'url' in command ? readUrl(command.url, tools.origin) : urlOf(tools, command);
  if (url === undefined) return undefined;
  // A Request allows no credentials in its URL. The inspector never sends it; `only-if-cached` requires this mode.
  const bare = new URL(url);
  bare.username = bare.password = '';
  const mode = cache === 'only-if-cached' ? 'same-origin' : 'cors';
  const request = new Request(bare, { headers: readHeaders(headers), cache, mode });
  return { url, address: tools.match(url), request };
}

function readUrl(url: unknown, origin: string): string {
  if (typeof url !== 'string' || url.length > MAX_URL || !URL.canParse(url, origin))
    return refuse(CODE, 'url', 'a URL');
  return new URL(url, origin).href;
}

function readHeaders(given: unknown): Headers {
  const headers = new Headers();
  if (given === undefined) return headers;
  if (!isRecord(given) || Object.keys(given).length > MAX_HEADERS)
    return refuse(CODE, 'headers', 'an object of fields');
  for (const [name, value] of Object.entries(given)) {
    try {
      headers.set(name, String(value));
    } catch {
      refuse(CODE, 'headers', 'an object of fields', 'Correct the names and values.');
    }
  }
  return headers;
}

/** The URL by which pages last requested the tile, or else the first that the layer's templates produce. */
function urlOf(tools: InspectTools, command: { layer?: unknown; tile?: unknown }): string | undefined {
  const name = readLayerName(command.layer, 'layer', CODE);
  const tile = readTile(command.tile);
  let last: string | undefined;
  for (const [url, { layer, tile: of }] of tools.seen())
    if (layer.name === name && of && of.z === tile.z && of.x === tile.x && of.y === tile.y) last = url;
  if (last !== undefined) return last;
  const layer = tools.layer(name);
  if (!layer) return undefined;
  const { templates, ...rest } = layer;
  try {
    const { urls = [] } = tileUrls({ ...rest, layer: name, template: templates }, tile);
    const made = urls[0] ?? expandTemplate(templates[0]!, { ...rest, layer: name, tile });
    return new URL(made, tools.origin).href;
  } catch {
    return undefined;
  }
}

function readTile(tile: unknown): TileId {
  if (isRecord(tile)) {
    const { z, x, y } = tile;
    if (isInteger(z, 0) && z <= 30 && isInteger(x, 0) && isInteger(y, 0)) return { z, x, y };
  }
  return refuse(CODE, 'tile', 'an object of z, x and y');
}
