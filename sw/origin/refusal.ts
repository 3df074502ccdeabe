import { checkBody } from '../policy/plausible';
import { isNegative, saysNothing } from '../policy/statuses';
import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';

/** Why these bytes cannot be a tile; undefined when they can. What is stored is a witness, too. */
export function refusalOf({ request, address, candidates }: ExchangePlan, tile: Tile, type: ResponseType) {
  const stored = candidates.find((one) => !saysNothing(one.status) && !isNegative(one));
  return checkBody(tile.status, tile.headers, tile.bytes ?? new Uint8Array(), address.layer, type, {
    url: request.url,
    destination: request.destination,
    storedType: stored?.headers.get('content-type') ?? null,
  });
}
