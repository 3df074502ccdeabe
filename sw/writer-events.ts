import { type Eviction, isQuotaError } from './index/eviction';
import type { TileIndex } from './index/tile-index';
import type { WriterEvents } from './origin/write-tools';
import type { Pages } from './pages/pages';

interface EventTools {
  pages: Pick<Pages, 'notice' | 'updated'>;
  index: Pick<TileIndex, 'stored'>;
  eviction: Pick<Eviction, 'makeRoom'>;
  /** Called after something was stored. */
  keepHouse: () => void;
  /** Called when storage has failed. */
  onBroken: (error: unknown) => void;
  now: () => number;
  /** Keeps the worker alive for this work. */
  later: (work: Promise<unknown>) => void;
}

/** Milliseconds for which eviction makes no more room after a write found none although it had made some. */
const CROWDED_MS = 60_000;
const NOT_STORED = 'Not stored: request tiles with crossorigin="anonymous", or set opaque: true.';

/** Tells the index, the pages and eviction about each write. */
export function createWriterEvents(tools: EventTools): WriterEvents {
  const { pages, index, eviction, keepHouse, onBroken, now, later } = tools;
  let crowdedAt = -Infinity;
  return {
    updated: ({ address: { layer, tile } }) => void (tile && later(pages.updated(layer.name, tile))),
    stored: ({ address: { layer } }, cacheName, key, bytes) => {
      index.stored({ cacheName, key, layer: layer.name, bytes });
      keepHouse();
    },
    moved: (layer, cacheName, key, bytes) => index.stored({ cacheName, key, layer, bytes }),
    full: async (error, spare) =>
      isQuotaError(error) && !(Math.abs(now() - crowdedAt) < CROWDED_MS) && eviction.makeRoom(spare),
    crowded: () => (crowdedAt = now()),
    failed: onBroken,
    opaque: ({ address: { layer } }) =>
      later(pages.notice({ notice: 'opaque', layer: layer.name, detail: NOT_STORED })),
    unseen: ({ address: { layer } }, field) =>
      later(pages.notice({ notice: 'vary', layer: layer.name, detail: varyRemedy(field) })),
    mismatch: ({ address: { layer } }, version) =>
      later(pages.notice({ notice: 'versionmismatch', layer: layer.name, detail: version })),
  };
}

const varyRemedy = (field: string) =>
  `Vary: ${field} prevents hits and offline use. If it does not change the tile, set ignoreVary: ${field === '*' ? true : `['${field}']`}.`;
