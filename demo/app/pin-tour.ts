import type { TileCacheClient } from 'sw-tile-cache';
import { keptLayers } from './layers';

/** How far a large screen shows the map around the middle of a stop, in degrees. */
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
 * Saves the sign's stops as a region, which the worker never evicts. Saving also asks the browser for persistent storage.
 * Tries again each minute: the first page may have no worker yet, and the browser may delete the site's data while the page
 * runs for months.
 */
export function pinTour(client: TileCacheClient, places: readonly Place[]): void {
  const pin = async () => {
    if ((await client.regions.list()).some(({ id }) => id === 'kiosk')) return;
    await client.regions.save({
      id: 'kiosk',
      name: 'Kiosk',
      layers: keptLayers(),
      bounds: { type: 'MultiPolygon', coordinates: places.map(boxAround) },
      // A stop shows vector tiles of zoom 4 and images of zoom 5, which the worker makes from those of zoom 4.
      zooms: [2, 4],
    });
  };
  // The sign also works without the region, with the tiles that it has shown.
  const attempt = () => void pin().catch(() => undefined);
  setInterval(attempt, 60_000);
  attempt();
}
