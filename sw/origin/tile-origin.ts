import type { TileAddress } from '../../src/shared/tile-matcher';

/**
 * The source of a layer's tiles. The network is one; anything that answers a request as a server would (status,
 * headers, validators, and a 304 to a condition that holds) can be another.
 */
export type TileOrigin = (request: Request, address: TileAddress) => Promise<Response>;
