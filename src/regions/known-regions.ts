import type { createEmitter, Emitter } from '../page/events';
import type { RegionEvents } from '../page/region-types';
import type { ClientEvents } from '../page/types';
import type { RegionInfo } from '../shared/regions';

/** The page's knowledge of regions. */
export interface KnownRegions {
  get(id: string): RegionInfo | undefined;
  /** Takes a report; returns it as it is told on. */
  heard(region: RegionInfo): RegionInfo;
  on: Emitter<RegionEvents>['on'];
}

/** States in which something is left to do. */
const BUSY: ReadonlySet<string> = new Set(['waiting', 'downloading', 'updating', 'outdated', 'lost']);

/** A count that a restarted worker begins anew does not go back. */
function forward(last: RegionInfo | undefined, region: RegionInfo): RegionInfo {
  const isSame = last && last.edition === region.edition && last.total === region.total;
  if (!isSame || !BUSY.has(region.state) || !BUSY.has(last.state)) return region;
  return { ...region, tiles: Math.max(last.tiles, region.tiles), bytes: Math.max(last.bytes, region.bytes) };
}

/** Listens to the worker's notices; `busy` is called for each region that has something left to do. */
export function createKnownRegions(
  on: Emitter<ClientEvents>['on'],
  makeEmitter: typeof createEmitter,
  busy: () => void,
): KnownRegions {
  const known = new Map<string, RegionInfo>();
  const { on: listen, emit } = makeEmitter<RegionEvents>();

  function heard(region: RegionInfo): RegionInfo {
    const last = known.get(region.id);
    const next = forward(last, region);
    known.set(region.id, next);
    if (BUSY.has(next.state)) busy();
    if (last?.state !== next.state) emit('statechange', next);
    emit('progress', next);
    return next;
  }

  on('region', ({ region, removed, lost }) => {
    if (removed) {
      known.delete(region.id);
      emit('removed', region);
    } else {
      if (lost) emit('regionlost', region);
      heard(region);
    }
  });
  return { get: (id) => known.get(id), heard, on: listen };
}
