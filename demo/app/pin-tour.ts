import type { TileCacheClient } from 'sw-tile-cache';
import { keptLayers } from './layers';

/** What a large screen shows around the middle of a stop, in degrees. */
const AROUND = { east: 30, north: 15 };

type Place = readonly [east: number, north: number];

/** Returns the box around a place, as the coordinates of a GeoJSON polygon. */
function boxAround([east, north]: Place): Place[][] {
  const [west, right] = [east - AROUND.east, east + AROUND.east];
  const [south, top] = [north - AROUND.north, north + AROUND.north];
  return [
    [
      [west, south],
      [right, south],
      [right, top],
      [west, top],
      [west, south],
    ],
  ];
}

/**
 * Keeps what the sign shows as a region, which the worker never evicts. The save also asks the browser to keep the site's
 * storage. It tries again each minute: the first page may have no worker yet, and the browser may delete the site's data
 * under a page that runs for months.
 */
export function pinTour(client: TileCacheClient, places: readonly Place[]): void {
  const pin = async () => {
    if ((await client.regions.list()).some(({ id }) => id === 'kiosk')) return;
    await client.regions.save({
      id: 'kiosk',
      name: 'Kiosk',
      layers: keptLayers(),
      bounds: { type: 'MultiPolygon', coordinates: places.map(boxAround) },
      // Vector tiles of zoom 4 are what a stop shows. The worker makes the pictures of zoom 5 from those of zoom 4.
      zooms: [2, 4],
    });
  };
  // The sign works without the region as well, from what it has shown.
  const attempt = () => void pin().catch(() => undefined);
  setInterval(attempt, 60_000);
  attempt();
}
