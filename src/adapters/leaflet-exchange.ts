import type { Grid } from './leaflet-grid';
import type { LeafletImages } from './leaflet-images';
import type { LeafletScreen } from './leaflet-screen';
import { createSwapper, type Swapper } from './swapper';
import type { Turns } from './turns';

/** Creates an exchange. It replaces the image of a tile once the browser has decoded the new one. */
export function createExchange(
  grid: Grid,
  screen: Pick<LeafletScreen, 'map' | 'urlOf'>,
  images: LeafletImages,
  turns: Turns,
): Swapper {
  return createSwapper(async (key, signal, turn) => {
    const tile = grid._tiles?.[key];
    if (!tile || !screen.map() || !(tile.el instanceof HTMLImageElement)) return;
    const loaded = await images.load(screen.urlOf(tile), signal, (headers) => turns.refuses(key, headers));
    const { el } = tile;
    let shown = false;
    const show = () => {
      if (signal.aborted || grid._tiles?.[key] !== tile) return;
      shown = true;
      images.exchange(el, loaded);
    };
    if (!signal.aborted) await turn(show);
    if (!shown) return void loaded?.release();
    return loaded ? undefined : 'gone';
  }, turns);
}
