import { coverAll } from '../../src/shared/range';
import { layerState, type OriginState, type Step } from './state';
import { reannounce } from './transitions';

/**
 * The content of a repeated announcement, which no publication can have, so that no publication counts as its
 * repetition.
 */
export const CONTENT = 'repair';

/** Returns the range that clients are told again: that of the publication, or the one around several. */
function toldAgain(steps: readonly Step[]): Pick<Step, 'range' | 'boxes' | 'tiles' | 'content'> {
  if (steps.length === 1) return steps[0]!;
  const { bbox, zooms, scope } = coverAll(steps.map(({ range = {} }) => range));
  const range = { ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) };
  return { ...(Object.keys(range).length > 0 && { range }), content: CONTENT };
}

/**
 * Announces again what was announced while a cache still had old tiles, once nothing is owed any more, because clients
 * may have stored old tiles as new ones. `before`: the state in which something was still owed.
 */
export function announceRepaired(before: OriginState, after: OriginState, layer: string, now: number): OriginState {
  const undone = new Set(
    (layerState(before, layer)?.steps ?? []).filter(({ purged }) => !purged).map(({ revision }) => revision),
  );
  const steps = layerState(after, layer)?.steps ?? [];
  // A client that heard of a later change of the whole layer has already dropped these tiles.
  const whole = steps.map(({ range, revision }) => !range && !undone.has(revision)).lastIndexOf(true);
  const repaired = steps.slice(whole + 1).filter(({ purged, revision }) => purged && undone.has(revision));
  if (repaired.length === 0) return after;
  return reannounce(after, layer, toldAgain(repaired), now) ?? after;
}
