import type { createEmitter, Emitter } from '../page/events';
import type { RegionEvents } from '../page/region-types';
import type { ClientEvents } from '../page/types';
import type { RegionInfo } from '../shared/regions';

/** What the page knows about regions. */
export interface KnownRegions {
  get(id: string): RegionInfo | undefined;
  /** Notes a report of the worker. Returns it as the page should report it. */
  heard(region: RegionInfo): RegionInfo;
  on: Emitter<RegionEvents>['on'];
}

/** The states with something left to do. */
const BUSY: ReadonlySet<string> = new Set(['waiting', 'downloading', 'updating', 'outdated', 'lost']);

/** The states in which `tiles` counts those of the edition that is being made, not of the one in force. */
const MAKING: ReadonlySet<string> = new Set(['waiting', 'downloading', 'updating']);

/** Keeps counts from going back: a restarted worker counts anew. */
function forward(last: RegionInfo | undefined, region: RegionInfo): RegionInfo {
  const isSame = last && last.edition === region.edition && last.total === region.total;
  if (!isSame || !MAKING.has(region.state) || !MAKING.has(last.state)) return region;
  return { ...region, tiles: Math.max(last.tiles, region.tiles), bytes: Math.max(last.bytes, region.bytes) };
}

/** Listens to the worker's messages. Calls `busy` for each region that has something left to do. */
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
