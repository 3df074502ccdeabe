/** The place of a stored tile. */
interface StoredTile {
  z: number;
  x: number;
  y: number;
}

/** A place in degrees. */
interface Place {
  lng: number;
  lat: number;
}

/** Returns the stored tiles of each layer, read from the worker's caches. */
export async function storedTiles(): Promise<Map<string, StoredTile[]>> {
  const stored = new Map<string, StoredTile[]>();
  for (const name of await caches.keys()) {
    const layer = /^tile-cache-v1:.*:([^:@]+)@/.exec(name)?.[1];
    if (!layer) continue;
    const tiles = stored.get(layer) ?? [];
    stored.set(layer, tiles);
    for (const { url } of await (await caches.open(name)).keys()) {
      const [, z, x, y] = /\/(\d{1,2})\/(\d+)\/(\d+)/.exec(new URL(url).pathname) ?? [];
      if (y !== undefined) tiles.push({ z: Number(z), x: Number(x), y: Number(y) });
    }
  }
  return stored;
}

/** Returns a text that says why tiles of a layer are missing, and which zooms are stored. */
export function missingText(missing: number, stored: readonly StoredTile[] | undefined, centre: Place): string {
  const what = `The origin does not answer, and ${missing === 1 ? 'one tile' : `${missing} tiles`} of this view ${missing === 1 ? 'was' : 'were'} never stored.`;
  if (!stored?.length) return `${what} Nothing of this layer is stored.`;
  const here = stored.filter((tile) => covers(tile, centre));
  if (here.length) return `${what} Stored here: ${zoomText(here)}.`;
  const deepest = Math.max(...stored.map(({ z }) => z));
  const { lng, lat } = middle(stored.find(({ z }) => z === deepest)!);
  return `${what} Stored elsewhere: ${zoomText(stored)}, around ${degrees(lat, 'N', 'S')}, ${degrees(lng, 'E', 'W')}.`;
}

function zoomText(tiles: readonly StoredTile[]): string {
  const zooms = tiles.map(({ z }) => z);
  const [low, high] = [Math.min(...zooms), Math.max(...zooms)];
  return low === high ? `zoom ${low}` : `zoom ${low} to ${high}`;
}

function covers({ z, x, y }: StoredTile, { lng, lat }: Place): boolean {
  const size = 2 ** z;
  const north = Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI;
  return x === Math.floor((lng / 360 + 0.5) * size) && y === Math.floor(((1 - north) / 2) * size);
}

function middle({ z, x, y }: StoredTile): Place {
  const size = 2 ** z;
  return {
    lng: ((x + 0.5) / size) * 360 - 180,
    lat: (Math.atan(Math.sinh(Math.PI * (1 - (2 * (y + 0.5)) / size))) * 180) / Math.PI,
  };
}

function degrees(value: number, positive: string, negative: string): string {
  return `${Math.round(Math.abs(value))}° ${value < 0 ? negative : positive}`;
}
