import type { TileAddress } from '../../src/shared/tile-matcher';

/**
 * Where a layer's tiles come from. The network is one; whatever answers a request as a server would (status, headers,
 * validators, and a 304 to a condition that holds) can be another.
 */
export type TileOrigin = (request: Request, address: TileAddress) => Promise<Response>;
