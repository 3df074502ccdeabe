import type { Map as MapLibreMap } from 'maplibre-gl';
import { worldX, worldY } from '../shared/tile-math';
import { canonicalOf, sizing, sourceOf, tileRequest } from './maplibre-tiles';
import { type TileSupply, boxAround } from './supply';

/** The width of the world at zoom 0, in pixels. */
const WORLD = 512;

/** The supply of a MapLibre source. */
export function maplibreSupply(map: MapLibreMap, sourceId: string): TileSupply {
  const source = () => {
    const from = sourceOf(map, sourceId);
    return from?.loaded() ? from : undefined;
  };
  return {
    camera() {
      const { lng, lat } = map.getCenter();
      return source() && { center: [lng, lat], zoom: map.getZoom() };
    },
    box({ center: [longitude, latitude], zoom }) {
      const from = source();
      if (!from) return undefined;
      const { minzoom, maxzoom } = from;
      const { tileSize, roundZoom } = sizing(map, sourceId, from);
      const wanted = Math.max(0, (roundZoom ? Math.round : Math.floor)(zoom + Math.log2(WORLD / tileSize)));
      if (wanted < minzoom) return undefined;
      const z = Math.min(wanted, maxzoom);
      const { clientWidth: width, clientHeight: height } = map.getContainer();
      const center = { x: worldX(longitude) * 2 ** z, y: worldY(latitude) * 2 ** z };
      return boxAround(z, center, { width, height }, WORLD * 2 ** (zoom - z), map.getBearing());
    },
    columns: (z) => (map.getRenderWorldCopies() ? 2 ** z : undefined),
    async request({ z, x, y }) {
      const from = source();
      const size = 2 ** z;
      if (!from || y < 0 || y >= size) return undefined;
      if (!map.getRenderWorldCopies() && (x < 0 || x >= size)) return undefined;
      // MapLibre exports no constructor of tile numbers, so copy one of a tile that it has numbered.
      const { canonical } = map.coveringTiles({ tileSize: WORLD })[0] ?? {};
      if (!canonical) return undefined;
      const tile = { z, x: ((x % size) + size) % size, y };
      const tileID = { wrap: 0, canonical: canonicalOf(tile, canonical) };
      return from.hasTile(tileID as never) ? tileRequest(map, from, tile, canonical) : undefined;
    },
  };
}
