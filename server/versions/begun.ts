import { type Begun, layerState, type OriginState } from './state';

/** Publications that are written down at once; the ones behind it go on without. */
const MAX_BEGUN = 1000;
/** Characters that the lists of tiles of all of them may take; one more is written down without its list. */
const MAX_LISTED = 1_000_000;

/** One that ends its process each time is not taken up for ever. */
export const MAX_TRIES = 5;

/** It was taken up as often as it may be, and is left to people: a publication of the whole layer, or the same one again, ends it. */
export const isGivenUp = ({ tries }: Pick<Begun, 'tries'>): boolean => tries > MAX_TRIES;

/** The publication that comes after one that was given up makes up for it: it is of the whole layer, or the same one. */
export const makesUpFor = (layer: string, whole: boolean, content?: string) => (begun: Begun) =>
  isGivenUp(begun) && begun.layer === layer && (whole || begun.content === content);

export const begunOf = (state: OriginState, mark: string): Begun | undefined =>
  state.begun?.find((each) => each.mark === mark);

/** Writes down that a publication begins, so that another process can end it. What is written down already stays, with the version that it has now. */
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

/** Without its list a publication names the whole layer: more is changed than must be, never less. */
function withoutList(begun: Begun): Begun {
  const { tiles: _, ...publication } = begun.publication;
  return { ...begun, publication };
}

/** A sign of life of the runs that bear these marks; `undefined` where there is none. */
export function beat(state: OriginState, marks: ReadonlySet<string>): OriginState | undefined {
  if (!state.begun?.some(({ mark }) => marks.has(mark))) return undefined;
  return withBegun(
    state,
    state.begun.map((each) => (marks.has(each.mark) ? { ...each, beat: each.beat + 1 } : each)),
  );
}

/** A CDN has dropped these tags for it: whoever takes it up need not drop them again. */
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

/** Takes a publication up under a mark of its own; `undefined` where it lives, was taken up by another, or ended. */
export function takeUp(state: OriginState, seen: Begun, mark: string): OriginState | undefined {
  const isSeen = (each: Begun) => each.mark === seen.mark && each.beat === seen.beat;
  if (!state.begun?.some(isSeen)) return undefined;
  return withBegun(
    state,
    state.begun.map((each) => (isSeen(each) ? { ...each, mark, beat: 0, tries: each.tries + 1 } : each)),
  );
}

/** Forgets those that ended; gives back the state itself where there is none. */
export function end(state: OriginState, isEnded: (begun: Begun) => boolean): OriginState {
  const left = (state.begun ?? []).filter((each) => !isEnded(each));
  return left.length === (state.begun?.length ?? 0) ? state : withBegun(state, left);
}

function withBegun({ begun: _, ...state }: OriginState, begun: readonly Begun[]): OriginState {
  return { ...state, sequence: state.sequence + 1, ...(begun.length > 0 && { begun }) };
}

/** Something else of the layer was announced since it began, or the layer is no more. */
export function isOvertaken(state: OriginState, { layer, over }: Begun): boolean {
  const current = layerState(state, layer);
  if (!current) return over > 0;
  return current.steps.some(({ revision, again }) => revision > over && !again);
}
