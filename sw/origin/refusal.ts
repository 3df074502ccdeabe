import { readWords } from '../policy/formats/words';
import { checkBody, isPacked } from '../policy/plausible';
import { isIntact } from '../http/integrity';
import { isTile } from '../http/statuses';
import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';

/** Packed bytes of a longest message; they unpack to a thousand times as many at most. */
const MESSAGE = 32_768;

/**
 * Why these bytes cannot be a tile; undefined when they can. What is stored is a witness, too. What is packed once more than
 * its headers say is looked into: a page of a proxy that lost its Content-Encoding is no tile.
 */
export function refusalOf(
  { request, address, candidates }: Pick<ExchangePlan, 'request' | 'address' | 'candidates'>,
  { status, headers, bytes = new Uint8Array() }: Tile,
  type: ResponseType,
): string | undefined | Promise<string | undefined> {
  const stored = candidates.find(isTile);
  const check = (body: Uint8Array, fields: Headers) =>
    checkBody(status, fields, body, address.layer, type, {
      url: request.url,
      destination: request.destination,
      storedType: stored?.headers.get('content-type') ?? null,
    });
  const reason = check(bytes, headers);
  if (reason) return reason;
  // What the page will refuse is no tile for it: what is stored may be the one that it names.
  if (request.integrity && isTile({ status, headers, bytes }))
    return isIntact(request.integrity, bytes).then((is) => (is ? undefined : 'integrity'));
  if (bytes.length > MESSAGE || !isPacked(bytes)) return undefined;
  return unpack(bytes).then(
    (body) => {
      // Its length is not the one that was declared.
      const fields = new Headers(headers);
      fields.delete('content-length');
      return readWords(body) && check(body, fields);
    },
    () => undefined,
  );
}

/** Rejects for what is not gzip or zlib, or is damaged: nobody knows what it is. */
async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const opened = new DecompressionStream(bytes[0] === 0x1f ? 'gzip' : 'deflate');
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(opened)).arrayBuffer());
}
