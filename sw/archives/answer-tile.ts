import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileId } from '../../src/shared/tile';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Editions } from './editions';
import { confirmed, onEdition } from './in-force';
import type { Opened } from './opened';
import { contentTypeOf, headersFrom, tagOf } from './tile-answer';

/**
 * Seconds for which a confirmation of the file satisfies requests to validate, many of which come one after the other.
 */
const VALIDATED_S = 10;

/** Answers a request for a tile from the layer's archive. */
export async function answerTile(
  editions: Editions,
  request: Request,
  { layer, turn }: Pick<TileAddress, 'layer' | 'turn'>,
  tile: TileId,
  now: () => number,
): Promise<Response> {
  const tag = request.headers.get('if-none-match');
  // A request to validate, such as a region's update, needs a recent confirmation.
  const within = request.cache === 'no-cache' ? VALIDATED_S : undefined;
  // A confirmed version proves the page's tile without the host. Otherwise ask the host; offline that rejects.
  if (tag !== null && !editions.isConfirmed(layer, within)) await editions.check(layer);
  return onEdition(editions, layer, async (given) => {
    let archive = given;
    let at = await whereIs(archive, tile);
    if (typeof at === 'number') {
      archive = await confirmed(editions, layer, given, within);
      at = archive === given ? at : await whereIs(archive, tile);
    }
    const headers = headersFrom(archive, layer, now());
    if (typeof at === 'number') return new Response(null, { status: at, headers });
    const own = tagOf(archive.version, at);
    headers.set('etag', own);
    if (tag?.split(/,\s*/).includes(own)) return new Response(null, { status: 304, headers });
    headers.set('content-type', contentTypeOf(archive.header));
    const bytes = await archive.tile(at, turn);
    if (bytes.byteLength === 0) return new Response(null, { status: 204, headers: headersFrom(archive, layer, now()) });
    headers.set('content-length', String(bytes.byteLength));
    return new Response(request.method === 'HEAD' ? null : bytes, { headers });
  });
}

/**
 * Answers `only-if-cached` (RFC 9111 section 5.2.1.7), without a body: as the worker would answer without a network if
 * it has not stored the tile.
 */
export async function answerKept(editions: Editions, layer: ResolvedLayer, tile: TileId): Promise<Response> {
  const archive = await editions.kept(layer).catch(() => undefined);
  if (!archive) return new Response(null, { status: 504 });
  const { header, locateKept: locate, first } = archive;
  const at = await whereIs({ header, locate }, tile).catch(() => 504);
  if (typeof at === 'number') return new Response(null, { status: at });
  return new Response(null, { status: at[1] === 0 ? 204 : first.whole ? 200 : 504 });
}

/**
 * Resolves with a tile's place, or with the status that says that there is none: above the highest zoom, maps stretch
 * the tile below.
 */
async function whereIs({ header, locate }: Pick<Opened, 'header' | 'locate'>, tile: TileId) {
  if (tile.z > header.maxZoom) return 404;
  if (tile.z < header.minZoom) return 204;
  return (await locate(tile)) ?? 204;
}
