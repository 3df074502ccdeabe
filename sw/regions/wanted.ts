import type { ResolvedLayer } from '../../src/shared/layer-options';
import { expandTemplate } from '../../src/shared/expand-template';
import type { TileId } from '../../src/shared/tile';
import { recordOf } from '../ledger/state';
import { want, type Wanted } from '../lookup/wanted';
import { requestPolicy } from '../http/request-directives';
import { tileKey } from '../store/tile-key';
import type { SavedLayer } from './records';
import type { RegionTools } from './tools';

/** Returns the URL of a tile as a page requests it: with the version if the layer's URLs carry one. */
export function tileUrl(
  { template, layer: name }: Pick<SavedLayer, 'template' | 'layer'>,
  layer: ResolvedLayer,
  tile: TileId,
  ratio: string,
  version: string | undefined,
  origin: string,
): string {
  const { scheme, crs, versionParam } = layer;
  const carries = layer.versioned || template.includes('{version}');
  const url = expandTemplate(template, {
    layer: name,
    tile,
    scheme,
    crs,
    ratio,
    versionParam,
    ...(carries && { version }),
  });
  return new URL(url, origin).href;
}

/** Like `tileUrl`, but returns undefined if the URL needs the layer's version, and none is known. */
export function urlIfKnown(...of: Parameters<typeof tileUrl>): string | undefined {
  try {
    return tileUrl(...of);
  } catch {
    return undefined;
  }
}

/** Resolves with undefined for a URL of no layer: then no page's request would find the tile. */
export async function wantedOf(
  url: string,
  { match, ledger, digest }: Pick<RegionTools, 'match' | 'ledger' | 'digest'>,
  accept?: string,
): Promise<Wanted | undefined> {
  const address = match(url);
  const state = ledger.state ?? (await ledger.load());
  if (!address || !state) return undefined;
  const request = requestOf(url, accept);
  return request && want(digest, state, request, address, requestPolicy(request));
}

/** Returns the host that a tile comes from. */
export const hostOf = ({ request: { url }, address: { layer } }: Pick<Wanted, 'request' | 'address'>): string =>
  new URL(layer.archive ?? url, url).host;

/** Returns undefined for a URL that no page can request either, such as one with a user and password. */
function requestOf(url: string, accept: string | undefined): Request | undefined {
  try {
    return new Request(url, { ...(accept && { headers: { accept } }) });
  } catch {
    return undefined;
  }
}

type TileTools = Pick<RegionTools, 'match' | 'ledger' | 'digest' | 'layer'>;

/** Returns the URLs under which pages request some tiles of a region's layer. */
async function urlsOf(saved: SavedLayer, tiles: readonly TileId[], tools: TileTools, origin: string) {
  const layer = tools.layer(saved.layer);
  const state = tools.ledger.state ?? (await tools.ledger.load());
  if (!layer || !state) return undefined;
  const { version } = recordOf(state, saved.layer);
  const urls = tiles.flatMap((tile) =>
    saved.ratios.flatMap((ratio) => {
      const url = urlIfKnown(saved, layer, tile, ratio, version, origin);
      return url === undefined ? [] : [{ tile, url }];
    }),
  );
  return { state, urls };
}

/** Resolves with all requests that a layer of a region makes for some tiles. */
export async function wantedTiles(
  saved: SavedLayer,
  tiles: readonly TileId[],
  tools: TileTools,
  origin: string,
  accept?: string,
): Promise<Array<Wanted & { tile: TileId }>> {
  const all: Array<Wanted & { tile: TileId }> = [];
  for (const { tile, url } of (await urlsOf(saved, tiles, tools, origin))?.urls ?? []) {
    const wanted = await wantedOf(url, tools, accept);
    if (wanted) all.push({ ...wanted, tile });
  }
  return all;
}

/** Like `wantedTiles`, but resolves with keys and URLs alone, and makes one request for all tiles in place of one for each. */
export async function keysOf(
  saved: SavedLayer,
  tiles: readonly TileId[],
  tools: TileTools,
  origin: string,
): Promise<Array<{ tile: TileId; key: string; url: string }>> {
  const { state, urls } = (await urlsOf(saved, tiles, tools, origin)) ?? { urls: [] };
  const request = urls[0] && requestOf(urls[0].url, undefined);
  if (!request || !state) return [];
  const all: Array<{ tile: TileId; key: string; url: string }> = [];
  for (const { tile, url } of urls) {
    const address = tools.match(url);
    // The address stands for the URL; of the request, a key holds only what its headers prove, which all have in common.
    if (address) all.push({ tile, url, key: (await tileKey(tools.digest, state.id, request, address)).key });
  }
  return all;
}
