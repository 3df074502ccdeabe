/** Which zooms of each layer are stored in this browser, read from the names of what the worker keeps. */
export async function storedZooms(): Promise<Map<string, number[]>> {
  const zooms = new Map<string, Set<number>>();
  for (const name of await caches.keys()) {
    const layer = /^tile-cache-v1:.*:([^:@]+)@/.exec(name)?.[1];
    if (!layer) continue;
    const found = zooms.get(layer) ?? new Set();
    zooms.set(layer, found);
    for (const { url } of await (await caches.open(name)).keys()) {
      const zoom = /\/(\d{1,2})\/\d+\/\d+/.exec(new URL(url).pathname)?.[1];
      if (zoom) found.add(+zoom);
    }
  }
  return new Map([...zooms].map(([layer, found]) => [layer, [...found].sort((a, b) => a - b)]));
}

/** Why tiles of a layer are missing, and where there are some. */
export function missingText(missing: number, zooms: readonly number[] | undefined): string {
  const what = `${missing} ${missing === 1 ? 'tile was' : 'tiles were'} never stored here and the origin does not answer.`;
  if (!zooms?.length) return `${what} Nothing of this layer is stored.`;
  const last = zooms.at(-1);
  return `${what} Stored: zoom ${zooms.length > 1 ? `${zooms[0]} to ${last}` : last}; zoom out to see it.`;
}
