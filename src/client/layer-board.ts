import type { Env } from '../page/env';
import type { ClientStatus } from '../page/types';
import { factsOf, recordUse, recordValidation, type TileRecord } from '../screen/tile-facts';
import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import type { TileUse, TileValidation } from '../shared/tile-use';
import { onScreen } from './on-screen';
import type { PageView } from './views';

/** Derives the status of one layer. */
export interface LayerBoard {
  /** Returns the status; `version` is the one in force. */
  status(version: string | undefined): ClientStatus['layers'][string];
  used(tile: TileId, use: TileUse): void;
  validated(validation: TileValidation): void;
  /** Notes where one of the page's maps looks. */
  viewport(view: PageView): void;
  /** Notes that the tiles are being replaced. */
  updating(): void;
}

/** The most distinct tiles to remember, on the screen or not, and the most that count as used lately. */
const REMEMBERED = 1000;
const LATELY = 128;
/** Milliseconds that a layer counts as updating at most. */
export const UPDATE_TIME = 30_000;

/** Creates the board of a layer of which nothing is known. */
export function createLayerBoard(env: Pick<Env, 'now' | 'monotonic'>): LayerBoard {
  /** The tiles in order of use. */
  const tiles = new Map<string, { tile: TileId; record: TileRecord }>();
  const views = new Map<string, PageView>();
  let updatingUntil = 0;
  return {
    status(version) {
      const counts = { hit: 0, stale: 0, miss: 0, revalidated: 0, error: 0 };
      const all = [...tiles.values()];
      const lately = all.slice(-LATELY);
      const inView = views.size ? [...new Set([...views.values()].flatMap((view) => onScreen(all, view)))] : lately;
      for (const { record } of lately) counts[record.status] += 1;
      const shown = inView.map(({ tile, record }) => ({ tile, ...factsOf(record, env) }));
      // Tiles that stay on the screen grow older there.
      const ages = shown.flatMap(({ age }) => (age === undefined ? [] : [Math.floor(age)])).sort((a, b) => a - b);
      const updating = updatingUntil > env.now();
      return { version, counts, oldest: ages.at(-1), median: ages[ages.length >> 1], updating, shown };
    },
    used(tile, use) {
      const key = tileKey(tile);
      const before = tiles.get(key)?.record;
      tiles.delete(key);
      tiles.set(key, { tile, record: recordUse(before, use, env) });
      if (tiles.size > REMEMBERED) tiles.delete(tiles.keys().next().value as string);
      if (use.status !== 'stale' && use.status !== 'error') updatingUntil = 0;
    },
    validated(validation) {
      const { tile } = validation;
      const entry = tile && tiles.get(tileKey(tile));
      if (entry) entry.record = recordValidation(entry.record, validation, env);
    },
    viewport(view) {
      // In another grid than Web Mercator, nothing tells which tiles a view holds.
      if (view.closed || view.crs) views.delete(view.map ?? '');
      else views.set(view.map ?? '', view);
    },
    updating() {
      updatingUntil = env.now() + UPDATE_TIME;
    },
  };
}
