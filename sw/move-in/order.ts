/** An entry of an old store, and its position in the order in which the move takes the entries. */
export interface Ordered {
  id: string;
  at: number;
}

/**
 * Sorts the entries by a hash of the move and the entry's name. A new instance of the worker gets the same order, and
 * continues where the last one ended. Positions are hashes because the names are URLs, which may contain secrets.
 */
export function inOrder(ids: readonly string[], job: string): Ordered[] {
  return ids.map((id) => ({ id, at: hash(job + id) })).sort((a, b) => a.at - b.at);
}

/** Returns a 32-bit hash (FNV-1a). Entries with equal hashes belong to the same slice. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
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
