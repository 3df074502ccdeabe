import type { Refusal } from '../../src/shared/status-detail';
import { familyOfClaim } from '../policy/formats/family';
import { readPicture } from '../policy/formats/images';
import { brokenVectorTile } from '../policy/formats/vector-tile';
import { readWords } from '../policy/formats/words';
import { checkBody, isPacked } from '../policy/plausible';
import { isIntact } from '../http/integrity';
import { isTile } from '../http/statuses';
import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';

/** Packed bytes of a longest message; they unpack to a thousand times as many at most. */
const MESSAGE = 32_768;
const MVT = 'application/vnd.mapbox-vector-tile';

/**
 * Why these bytes cannot be a tile; undefined when they can. What is stored is a witness, too. What is packed once more than
 * its headers say is looked into: a page of a proxy that lost its Content-Encoding is no tile.
 */
export function refusalOf(
  { request, address, candidates }: Pick<ExchangePlan, 'request' | 'address' | 'candidates'>,
  tile: Tile,
  type: ResponseType,
  bytesOf: (stored: Tile) => Promise<Uint8Array | undefined> = async () => undefined,
): Refusal | undefined | Promise<Refusal | undefined> {
  const { status, headers, bytes = new Uint8Array() } = tile;
  const { url, destination, integrity } = request;
  const stored = candidates.find(isTile);
  const storedType = stored?.headers.get('content-type') ?? null;
  const check = (body: Uint8Array, fields: Headers, was = storedType) =>
    checkBody(status, fields, body, address.layer, type, { url, destination, storedType: was });
  const reason = check(bytes, headers);
  if (reason) return reason;
  // What the page will refuse is no tile for it: what is stored may be the one that it names.
  if (integrity && isTile(tile)) return isIntact(integrity, bytes).then((is) => (is ? undefined : 'integrity'));
  // Brotli bears no mark, and servers forget what they have packed: the tile that it replaces shows what it should be.
  const unlike = stored && familyOfClaim({ url }) === 'vector' && check(bytes, headers, MVT);
  if (unlike) return bytesOf(stored).then((body) => (body?.length && !brokenVectorTile(body) ? unlike : undefined));
  if (bytes.length > MESSAGE || !isPacked(bytes)) return undefined;
  return unpack(bytes).then(
    (body) => {
      // Its length is not the one that was declared.
      const fields = new Headers(headers);
      fields.delete('content-length');
      return readWords(body) || readPicture(body) ? check(body, fields) : undefined;
    },
    () => undefined,
  );
}

/** Rejects for what is not gzip or zlib, or is damaged: nobody knows what it is. */
async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const opened = new DecompressionStream(bytes[0] === 0x1f ? 'gzip' : 'deflate');
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(opened)).arrayBuffer());
}
