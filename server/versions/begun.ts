import { type Begun, layerState, type OriginState } from './state';

/** Publications that may be recorded at once. Further ones run without a record. */
const MAX_BEGUN = 1000;
/**
 * Characters for the lists of tiles of all recorded publications. A publication beyond that is recorded without its
 * list.
 */
const MAX_LISTED = 1_000_000;

/** Times that a publication may be resumed, so that one that always ends its process stops. */
export const MAX_TRIES = 5;

/**
 * Returns whether the publication was resumed as often as allowed. It then waits for an operator: a publication of the
 * whole layer, or the same one again, ends it.
 */
export const isGivenUp = ({ tries }: Pick<Begun, 'tries'>): boolean => tries > MAX_TRIES;

/**
 * Creates a function that returns whether a publication replaces one that was given up: it is of the whole layer, or
 * the same.
 */
export const makesUpFor = (layer: string, whole: boolean, content?: string) => (begun: Begun) =>
  isGivenUp(begun) && begun.layer === layer && (whole || begun.content === content);

export const begunOf = (state: OriginState, mark: string): Begun | undefined =>
  state.begun?.find((each) => each.mark === mark);

/**
 * Records that a publication begins, so that another process can complete it. An existing record stays, with its
 * version updated.
 */
export function begin(state: OriginState, begun: Begun): OriginState {
  const { begun: held = [] } = state;
  const own = begunOf(state, begun.mark);
  if (own?.version === begun.version || (!own && held.length >= MAX_BEGUN)) return state;
  if (own)
    return withBegun(
      state,
      held.map((each) => (each === own ? { ...each, version: begun.version } : each)),
    );
  const listed = [...held, begun].reduce((sum, { publication }) => sum + lengthOf(publication.tiles), 0);
  return withBegun(state, [...held, listed > MAX_LISTED ? withoutList(begun) : begun]);
}

const lengthOf = (tiles: unknown) => (typeof tiles === 'string' ? tiles.length : 0);

/**
 * Returns the record without its list, which then names the whole layer: more is refreshed than necessary, but never
 * less.
 */
function withoutList(begun: Begun): Begun {
  const { tiles: _, ...publication } = begun.publication;
  return { ...begun, publication };
}

/** Gives a sign of life for the runs with these marks. Returns `undefined` if there are none. */
export function beat(state: OriginState, marks: ReadonlySet<string>): OriginState | undefined {
  if (!state.begun?.some(({ mark }) => marks.has(mark))) return undefined;
  return withBegun(
    state,
    state.begun.map((each) => (marks.has(each.mark) ? { ...each, beat: each.beat + 1 } : each)),
  );
}

/**
 * Records that a CDN has dropped these tags for a publication, so that a process that resumes it need not drop them
 * again.
 */
export function noteDropped(state: OriginState, mark: string, cdn: string, tags: readonly string[]): OriginState {
  const own = begunOf(state, mark);
  if (!own) return state;
  const { dropped = [] } = own;
  const before = dropped.find((each) => each.cdn === cdn)?.tags ?? [];
  const next = [...dropped.filter((each) => each.cdn !== cdn), { cdn, tags: [...new Set([...before, ...tags])] }];
  return withBegun(
    state,
    state.begun!.map((each) => (each === own ? { ...each, dropped: next } : each)),
  );
}

/**
 * Resumes a publication under a new mark. Returns `undefined` if it is alive, was resumed by another process, or has
 * ended.
 */
export function takeUp(state: OriginState, seen: Begun, mark: string): OriginState | undefined {
  const isSeen = (each: Begun) => each.mark === seen.mark && each.beat === seen.beat;
  if (!state.begun?.some(isSeen)) return undefined;
  return withBegun(
    state,
    state.begun.map((each) => (isSeen(each) ? { ...each, mark, beat: 0, tries: each.tries + 1 } : each)),
  );
}

/** Removes the records of publications that have ended. Returns the same state if there are none. */
export function end(state: OriginState, isEnded: (begun: Begun) => boolean): OriginState {
  const left = (state.begun ?? []).filter((each) => !isEnded(each));
  return left.length === (state.begun?.length ?? 0) ? state : withBegun(state, left);
}

function withBegun({ begun: _, ...state }: OriginState, begun: readonly Begun[]): OriginState {
  return { ...state, sequence: state.sequence + 1, ...(begun.length > 0 && { begun }) };
}

/** Returns whether another publication of the layer was announced since it began, or the layer was retired. */
export function isOvertaken(state: OriginState, { layer, over }: Begun): boolean {
  const current = layerState(state, layer);
  if (!current) return over > 0;
  return current.steps.some(({ revision, again }) => revision > over && !again);
}
