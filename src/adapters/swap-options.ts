import { TileCacheError } from '../shared/errors';
import type { BindingOptions } from './binding';
import { type Turns, tileByTile, viewAtOnce } from './turns';

/** Milliseconds. With a longer time, a map over a slow network would look as if nothing had been published. */
const SWAP_TIMEOUT = 5000;
/** The longest delay of a timer. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Returns the turns that the options ask for. Throws `INVALID_OPTION`. */
export function turnsOf({ swap = 'tile', swapTimeout = SWAP_TIMEOUT }: BindingOptions): Turns {
  if (swap !== 'tile' && swap !== 'view')
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'swap',
      message: `swap must be 'tile' or 'view'.`,
      remedy: `Pass 'view' to swap the tiles of a view in one frame, or leave it out.`,
    });
  if (typeof swapTimeout !== 'number' || !(swapTimeout >= 0 && swapTimeout <= MAX_TIMEOUT))
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'swapTimeout',
      message: `swapTimeout must be a number of milliseconds from 0 to ${MAX_TIMEOUT}.`,
      remedy: `Pass how long loaded tiles wait for the rest of the view, or leave it out for ${SWAP_TIMEOUT}.`,
    });
  return swap === 'view' ? viewAtOnce(swapTimeout) : tileByTile;
}
