import type { Gaps } from './cover';
import type { BlankMetric, FullViewMetric, ViewCause } from './types';

/** The state of the screen in one frame. */
export interface Sample extends Gaps {
  /** Identifies the map's position; changes whenever the map moves. */
  place: string;
}

/** A report of a meter. The caller adds the layer. */
export type ViewReport = Omit<FullViewMetric, 'layer'> | Omit<BlankMetric, 'layer'>;

/** Follows the views of one layer from frame to frame. Times are milliseconds of a monotonic clock. */
export interface ViewMeter {
  sample(at: number, sample: Sample): ViewReport[];
  /** Ends the current view, because the page is hidden or measuring ends, and returns its reports. */
  leave(at: number): ViewReport[];
  /** Whether the meter needs the next frame. */
  readonly busy: boolean;
}

/**
 * Milliseconds between two frames of a visible page above which the device must have slept, so that nobody saw a gap.
 */
const ASLEEP = 10_000;
/** Milliseconds without movement after which a movement has ended. */
const SETTLE = 100;

interface View {
  cause: ViewCause;
  /** The time from which the value counts. */
  from: number;
  fullAt: number | undefined;
  /** The blank tile-milliseconds so far. */
  blank: number;
}

/** Creates a meter. `loadFrom`: the time at which the page's load began, if this is its first view. */
export function createViewMeter(loadFrom: number | undefined): ViewMeter {
  let view: View | undefined = loadFrom === undefined ? undefined : begin('load', loadFrom);
  let last: { at: number; sample: Sample } | undefined;
  let movedAt = -Infinity;

  function end(): ViewReport[] {
    if (!view) return [];
    const { cause, blank } = view;
    view = undefined;
    return [{ name: 'blank', value: blank / 1000, cause }];
  }

  function moved(at: number): ViewReport[] {
    const settled = at - movedAt >= SETTLE;
    movedAt = at;
    // The map is still being set up, or the same movement continues.
    if (view?.cause === 'load' || (view && !settled)) {
      if (view.cause !== 'load') view.from = at;
      return [];
    }
    const reports = end();
    view = begin('move', at);
    return reports;
  }

  function look(at: number, sample: Sample): ViewReport[] {
    if (last && view) view.blank += last.sample.blank * (at - last.at);
    const reports = last && last.sample.place !== sample.place ? moved(at) : [];
    last = { at, sample };
    if (!view && sample.missing) view = begin('change', at);
    if (!view || !sample.wanted) return reports;
    view.fullAt = sample.missing ? undefined : (view.fullAt ?? at);
    const { fullAt, from, cause } = view;
    if (fullAt === undefined || at - movedAt < SETTLE) return reports;
    return [
      ...reports,
      { name: 'full-view', value: Math.max(0, fullAt - from), cause, tiles: sample.wanted },
      ...end(),
    ];
  }

  function leave(at: number): ViewReport[] {
    if (last && view) view.blank += last.sample.blank * (at - last.at);
    last = undefined;
    return end();
  }

  return {
    sample: (at, sample) => [...(last && at - last.at > ASLEEP ? leave(last.at) : []), ...look(at, sample)],
    leave,
    get busy() {
      return view !== undefined;
    },
  };
}

function begin(cause: ViewCause, from: number): View {
  return { cause, from, fullAt: undefined, blank: 0 };
}
