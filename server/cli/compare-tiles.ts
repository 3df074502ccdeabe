import type { TileId } from '../../src/shared/tile';
import { readDigests } from './tile-digests';

/** Yields the tiles that differ between two editions: tiles with other bytes, new tiles, and tiles that are gone. */
export async function* differences(before: string, after: string): AsyncGenerator<TileId> {
  // A tile in several formats has several digests. Count them up for one edition and down for the other; what is left
  // over differs.
  const counts = new Map<string, number>();
  const count = (key: string, by: number) => {
    const left = (counts.get(key) ?? 0) + by;
    if (left === 0) counts.delete(key);
    else counts.set(key, left);
  };
  const keyOf = ({ z, x, y }: TileId, digest: string) => `${z}/${x}/${y}/${digest}`;
  for await (const { tile, digest } of readDigests(before, '--before')) count(keyOf(tile, digest), 1);
  for await (const { tile, digest } of readDigests(after, '--after')) count(keyOf(tile, digest), -1);
  for (const key of counts.keys()) {
    const [z, x, y] = key.split('/').map(Number) as [number, number, number];
    yield { z, x, y };
  }
}
