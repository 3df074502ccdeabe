import type { TileIndex } from '../../../sw/index/tile-index';

/** An index that never writes anything. */
export const noIndex: TileIndex = {
  stored: () => {},
  touched: () => {},
  flush: async () => {},
  takeDrift: () => false,
  totals: async () => new Map(),
  after: async () => [],
  oldest: async () => [],
  beside: async () => [],
  remove: async () => {},
  drop: async () => {},
};
