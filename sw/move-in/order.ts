/** An entry of an old store, and its position in the order in which the move takes the entries. */
export interface Ordered {
  id: string;
  at: number;
}

/**
 * Sorts the entries by position: tiles of one bucket follow each other, so the worker writes each pack once. A new
 * instance of the worker gets the same order, and continues where the last one ended. Positions are hashes because the
 * names are URLs, which may contain secrets.
 */
export function inOrder(ids: readonly string[], positionOf: (id: string) => number): Ordered[] {
  return ids.map((id) => ({ id, at: positionOf(id) })).sort((a, b) => a.at - b.at);
}

/** Returns the entries of the next slice: up to `most`, and more if the last ones have equal positions. */
export function sliceOf(all: readonly Ordered[], after: number | undefined, most: number): Ordered[] {
  let from = 0;
  if (after !== undefined) {
    let to = all.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (all[middle]!.at > after) to = middle;
      else from = middle + 1;
    }
  }
  let end = Math.min(all.length, from + most);
  while (end < all.length && all[end]!.at === all[end - 1]!.at) end += 1;
  return all.slice(from, end);
}
