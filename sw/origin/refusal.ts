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

/** The most bytes of a packed message; they unpack to a thousand times as many at most. */
const MESSAGE = 32_768;
const MVT = 'application/vnd.mapbox-vector-tile';

/**
 * Returns why these bytes cannot be a tile; undefined when they can. The stored tile is evidence, too. Bytes that are
 * compressed once more than their headers say are unpacked and checked: a page from a proxy that lost its
 * Content-Encoding is no tile.
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
  // Bytes that fail the page's integrity check are no tile for it: the stored ones may be those that it names.
  if (integrity && isTile(tile)) return isIntact(integrity, bytes).then((is) => (is ? undefined : 'integrity'));
  // Brotli has no magic number, and servers forget to declare it: the tile that this one replaces shows which format to
  // expect.
  const unlike = stored && familyOfClaim({ url }) === 'vector' && check(bytes, headers, MVT);
  if (unlike) return bytesOf(stored).then((body) => (body?.length && !brokenVectorTile(body) ? unlike : undefined));
  if (bytes.length > MESSAGE || !isPacked(bytes)) return undefined;
  return unpack(bytes).then(
    (body) => {
      // The unpacked length is not the declared one.
      const fields = new Headers(headers);
      fields.delete('content-length');
      return readWords(body) || readPicture(body) ? check(body, fields) : undefined;
    },
    () => undefined,
  );
}

/** Unpacks gzip or zlib. Rejects for damaged bytes and for other formats, which nobody can identify. */
async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const opened = new DecompressionStream(bytes[0] === 0x1f ? 'gzip' : 'deflate');
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(opened)).arrayBuffer());
}
