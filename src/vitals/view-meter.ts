import type { Gaps } from './cover';
import type { BlankMetric, FullViewMetric, ViewCause } from './types';

/** The screen in one frame. */
export interface Sample extends Gaps {
  /** Changes whenever the map moves. */
  place: string;
}

/** What a meter reports; the layer is added by who asks. */
export type ViewReport = Omit<FullViewMetric, 'layer'> | Omit<BlankMetric, 'layer'>;

/** Follows the views of one layer from frame to frame. Instants are milliseconds of a clock that nobody sets. */
export interface ViewMeter {
  sample(at: number, sample: Sample): ViewReport[];
  /** The page is hidden, or measuring ends: what is under way is no longer what anybody sees. */
  leave(at: number): ViewReport[];
  /** True while the next frame matters. */
  readonly busy: boolean;
}

/** Milliseconds between two looks at a page that is seen, from which on the device slept: nobody looked at a gap then. */
const ASLEEP = 10_000;
/** Milliseconds without movement after which a movement is over. */
const SETTLE = 100;

interface View {
  cause: ViewCause;
  /** Its value counts from here. */
  from: number;
  fullAt: number | undefined;
  /** Tile-milliseconds. */
  blank: number;
}

/** Creates a meter; `loadFrom` is when the page's load began, where this is its first view. */
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
    // The map is still being set up, or the same movement goes on.
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
