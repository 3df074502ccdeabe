import { coverAll } from '../../src/shared/range';
import { layerState, type OriginState, type Step } from './state';
import { reannounce } from './transitions';

/** What no publication's own content is: a publication of the version in force must not pass for a repetition of it. */
export const CONTENT = 'repair';

/** What clients are told again; of several publications the range around them. */
function toldAgain(steps: readonly Step[]): Pick<Step, 'range' | 'boxes' | 'tiles' | 'content'> {
  if (steps.length === 1) return steps[0]!;
  const { bbox, zooms, scope } = coverAll(steps.map(({ range = {} }) => range));
  const range = { ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) };
  return { ...(Object.keys(range).length > 0 && { range }), content: CONTENT };
}

/**
 * Announces again what was announced while a cache on the way still had the old tiles, as soon as none owes anything any more:
 * clients that heard of it then may hold old tiles as new ones. `before`: the state in which something was still owed.
 */
export function announceRepaired(before: OriginState, after: OriginState, layer: string, now: number): OriginState {
  const undone = new Set(
    (layerState(before, layer)?.steps ?? []).filter(({ purged }) => !purged).map(({ revision }) => revision),
  );
  const steps = layerState(after, layer)?.steps ?? [];
  // Whoever heard of a whole layer behind it has dropped what was told too early.
  const whole = steps.map(({ range, revision }) => !range && !undone.has(revision)).lastIndexOf(true);
  const repaired = steps.slice(whole + 1).filter(({ purged, revision }) => purged && undone.has(revision));
  if (repaired.length === 0) return after;
  return reannounce(after, layer, toldAgain(repaired), now) ?? after;
}
