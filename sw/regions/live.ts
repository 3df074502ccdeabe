/** What a worker knows of a region that is being made, besides its record. */
export interface Live {
  /** Tiles and bytes of the block in hand. */
  tiles: number;
  bytes: number;
  /** What of it was staged in an earlier life. */
  floor: number;
  /** Tiles of this life, since when: epoch milliseconds. */
  since: number;
  count: number;
  reason?: 'offline' | 'metered' | 'busy';
}

/** By region: those for which something has been done since the worker started. */
export type Lives = Map<string, Live>;

/** What is known of a region, begun where there is nothing yet. */
export function liveOf(id: string, { lives, now }: { lives: Lives; now: () => number }): Live {
  let live = lives.get(id);
  if (!live) lives.set(id, (live = { tiles: 0, bytes: 0, floor: 0, since: now(), count: 0 }));
  return live;
}

/** No block is in hand: the last one is in the record now, or is begun anew. */
export function clearBlock(live: Live): void {
  Object.assign(live, { tiles: 0, bytes: 0, floor: 0 });
}
