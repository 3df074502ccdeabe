import { attempt } from '../page/env';
import type { ClientStatus } from '../page/types';
import type { TileId } from '../shared/tile';
import { gapsOf } from '../vitals/cover';
import { createGoneTiles } from '../vitals/gone-tiles';
import type { KioskBinding, KioskClient } from './types';

/**
 * The picture of a layer. `blank`: none of its tiles is on the screen. `empty`: there are tiles, but with nothing in
 * them, and the worker has told of none. `undefined`: the map needs none of its tiles, or is not shown.
 */
type Picture = 'painted' | 'blank' | 'empty' | undefined;

/** Looks at the pictures of several layers. */
export interface Pictures {
  /** Returns the names of the layers with each kind of picture. */
  look(status: ClientStatus): Record<'painted' | 'blank' | 'empty', string[]>;
  stop(): void;
}

/** Returns the picture of a layer. `isGone`: whether its origin has no such tile. */
function pictureOf(binding: KioskBinding, status: ClientStatus, isGone: (tile: TileId) => boolean): Picture {
  const view = binding.view();
  // The page shows something else now: nobody misses a map whose element is not rendered (`display: none`).
  if (!view || (view.container as Partial<Element>).getClientRects?.().length === 0) return undefined;
  const cover = binding.cover?.();
  const shown = status.layers[binding.layer]?.shown ?? [];
  const isTold = shown.some(({ missing }) => !missing);
  // This map does not tell what it draws: believe the worker, or that tiles have arrived of which it told nothing.
  if (!cover) return isTold || (shown.length === 0 && binding.tiles().length > 0) ? 'painted' : 'blank';
  const { wanted, blank } = gapsOf(cover, () => false);
  if (blank < wanted) return cover.empty && !isTold ? 'empty' : 'painted';
  // An empty map is right outside of the layer's zooms or area, if the layer is switched off, or if the origin has no
  // tiles here.
  return gapsOf(cover, isGone).missing > 0 ? 'blank' : undefined;
}

/** Watches for tiles that origins do not have, until it is stopped. */
export function watchPictures(bindings: readonly KioskBinding[], client: Pick<KioskClient, 'on'>): Pictures {
  // A map that is being removed may throw, which must not keep the other maps from being checked.
  const all = bindings.map((binding) => ({ binding, gone: createGoneTiles(attempt(() => binding.layer) ?? '') }));
  const stop = client.on('used', ({ uses }) => all.forEach(({ gone }) => gone.note(uses)));
  return {
    stop,
    look(status) {
      const layers: ReturnType<Pictures['look']> = { painted: [], blank: [], empty: [] };
      for (const { binding, gone } of all) {
        const picture = attempt(() => pictureOf(binding, status, gone.has));
        if (picture) layers[picture].push(binding.layer);
      }
      return layers;
    },
  };
}
