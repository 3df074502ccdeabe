import type { Binding } from '../adapters/binding';
import type { ViewAgeMetric } from './types';

/** Measures how old the tiles of a full view are. Times are milliseconds of a monotonic clock. */
export interface AgeMeter {
  /** Notes that the view is full. */
  full(at: number): void;
  /** Takes a frame. Returns the ages once the worker has reported all of them, or when there is no more time for it. */
  sample(at: number): Omit<ViewAgeMetric, 'layer'> | undefined;
  leave(): void;
  /** Whether the meter waits for ages. */
  readonly busy: boolean;
}

/** Milliseconds after which the ages of a full view must be known. */
const PATIENCE = 1000;

/** Creates a meter. It reports nothing for a view none of whose tiles has a known age. */
export function createAgeMeter(binding: Pick<Binding, 'tiles' | 'age'>): AgeMeter {
  let until: number | undefined;
  return {
    full: (at) => void (until = at + PATIENCE),
    sample(at) {
      if (until === undefined) return undefined;
      const tiles = binding.tiles();
      const ages = tiles.flatMap((tile) => binding.age(tile)?.age ?? []).sort((a, b) => a - b);
      if (at < until && ages.length < tiles.length) return undefined;
      until = undefined;
      const value = ages.at(-1);
      if (value === undefined) return undefined;
      return { name: 'view-age', value, median: ages[ages.length >> 1]!, tiles: ages.length };
    },
    leave: () => void (until = undefined),
    get busy() {
      return until !== undefined;
    },
  };
}
