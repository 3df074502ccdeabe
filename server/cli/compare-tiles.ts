import type { TileId } from '../../src/shared/tile';
import { readDigests, type TileDigest } from './tile-digests';

/** Yields the tiles that differ between two editions: tiles with other bytes, new tiles, and tiles that are gone. */
export const differences = (before: string, after: string): AsyncGenerator<TileId> =>
  differing(readDigests(before, '--before'), readDigests(after, '--after'));

/**
 * Does the same with the digests of two editions. It reads them in turn: equal tiles at about the same place cancel each
 * other out, so that it need not remember hundreds of millions.
 */
export async function* differing(
  before: AsyncIterator<TileDigest>,
  after: AsyncIterator<TileDigest>,
): AsyncGenerator<TileId> {
  // A tile in several formats has several digests. Count them up for one edition and down for the other; what is left
  // over differs.
  const counts = new Map<string, number>();
  const count = (key: string, by: number) => {
    const left = (counts.get(key) ?? 0) + by;
    if (left === 0) counts.delete(key);
    else counts.set(key, left);
  };
  const keyOf = ({ z, x, y }: TileId, digest: string) => `${z}/${x}/${y}/${digest}`;
  const step = async (edition: AsyncIterator<TileDigest>, by: number) => {
    const { done, value } = await edition.next();
    if (!done) count(keyOf(value.tile, value.digest), by);
    return !done;
  };
  let [left, right] = [true, true];
  try {
    while (left || right) {
      left &&= await step(before, 1);
      right &&= await step(after, -1);
    }
  } finally {
    // After a failure of one, let the other close its file.
    await Promise.allSettled([before.return?.(), after.return?.()]);
  }
  for (const key of counts.keys()) {
    const [z, x, y] = key.split('/').map(Number) as [number, number, number];
    yield { z, x, y };
  }
}
