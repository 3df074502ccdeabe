/** An entry of an old store, and its place in the order of work. */
export interface Ordered {
  id: string;
  at: number;
}

/**
 * All entries in an order that depends on nothing but their names and the move, so that a worker that is started in the
 * middle goes on where the last one ended. A place is a number and not the name: names are URLs, which may hold a secret.
 */
export function inOrder(ids: readonly string[], job: string): Ordered[] {
  return ids.map((id) => ({ id, at: hash(job + id) })).sort((a, b) => a.at - b.at);
}

/** 32 bits (FNV-1a). Where two are equal, they are worked on in the same slice. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

/** The next slice: at least so many as there are, and never one without its equals. */
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
