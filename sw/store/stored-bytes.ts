import type { Tile, TileStore } from './tile-store';

/**
 * Resolves with the bytes of a stored tile, and reads them again if its body went to a page. Resolves with `undefined`
 * if they are not available. Never rejects.
 */
export type StoredBytes = (
  where: { cacheName: string; key: string },
  tile: Tile,
) => Promise<Uint8Array<ArrayBuffer> | undefined>;

export function createStoredBytes(store: Pick<TileStore, 'match'>): StoredBytes {
  const read = async (body: Response | Blob | undefined) => body && new Uint8Array(await body.arrayBuffer());
  return async (where, tile) => {
    if (tile.bytes) return tile.bytes;
    try {
      if (tile.blob) return await read(tile.blob);
      if (tile.response && !tile.response.bodyUsed) tile.bytes = (await read(tile.response))!;
      else {
        const again = await store.match(tile.cacheName ?? where.cacheName, tile.key ?? where.key);
        const bytes = again?.meta.responseAt === tile.responseAt ? await read(again.response) : undefined;
        if (bytes) tile.bytes = bytes;
      }
    } catch {
      return undefined;
    }
    return tile.bytes;
  };
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (!a || !b || a.byteLength !== b.byteLength) return false;
  for (let i = 0; i < a.byteLength; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
