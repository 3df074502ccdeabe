import type { OriginState, Owed } from '../versions/state';
import { type Debt, owe, postpone, settle, unite } from '../versions/owed';
import { announceRepaired } from '../versions/repaired';
import { withOwn } from '../versions/transitions';
import type { PublicationPlan } from './plan';
import { without } from './stagger';
import { layerTag } from '../tiles/cache-tags';

/**
 * Seconds after which a purge or hook that never settles counts as failed, so that it does not block its layer forever.
 */
export const LONGEST_STEP = 600;

/** A purge to make. `mark` identifies its debt, if the store has recorded one. */
export interface Due {
  debt: Debt;
  mark?: number;
}

/** The outcome of a purge. */
export interface Outcome extends Due {
  ok: boolean;
  /** From now on, everything that this CDN stores has tags by zoom. */
  byZoom?: true;
}

/**
 * Returns the purge that is due at one CDN, or in the origin's own cache (`cdn` undefined), from this plan and earlier
 * failures.
 */
export function dueAt(
  cdn: string | undefined,
  plan: PublicationPlan | undefined,
  owed: readonly Owed[],
  layer: string,
): Due | undefined {
  const debt = plan && debtOf(cdn, plan, layer);
  const held = owed.find((each) => each.cdn === cdn);
  if (!held) return debt && { debt };
  return { debt: debt ? unite(debt, held, layerTag(layer)) : held, mark: held.mark };
}

function debtOf(cdn: string | undefined, { tags, urls, dropped }: PublicationPlan, layer: string): Debt {
  const before = dropped?.find((each) => each.cdn === cdn)?.tags;
  return {
    ...(cdn !== undefined && { cdn }),
    tags: before && !urls ? without(layer, tags, before) : tags,
    ...(urls && { urls }),
  };
}

/** Records a plan's purges before they are tried. */
export function writeAhead(
  state: OriginState,
  layer: string,
  plan: PublicationPlan,
  cdns: ReadonlyArray<string | undefined>,
  now: number,
): OriginState | undefined {
  if (cdns.length === 0) return undefined;
  const debts = cdns.map((cdn) => debtOf(cdn, plan, layer));
  return withOwn(state, layer, (current) => owe(current, debts, layerTag(layer), now, state.sequence + 1));
}

/**
 * Records the outcomes of purges: removes debts that are settled and keeps the others. If an earlier announcement
 * waited for its last debt, announces it again.
 */
export function account(
  state: OriginState,
  layer: string,
  outcomes: readonly Outcome[],
  now: number,
): OriginState | undefined {
  const done = outcomes.flatMap(({ ok, mark, debt: { cdn } }) =>
    ok && mark !== undefined ? [{ mark, ...(cdn !== undefined && { cdn }) }] : [],
  );
  const failed = outcomes.filter(({ ok }) => !ok);
  const next = withOwn(state, layer, (current) => {
    const fresh = failed.filter(({ mark }) => mark === undefined).map(({ debt }) => debt);
    const again = failed.filter(({ mark }) => mark !== undefined);
    const owing = fresh.length > 0 ? owe(current, fresh, layerTag(layer), now, state.sequence + 1) : current;
    const isAgain = ({ cdn, mark }: Owed) => again.some((each) => each.debt.cdn === cdn && each.mark === mark);
    const byZoom = outcomes.flatMap(({ ok, byZoom: proven, debt: { cdn } }) =>
      ok && proven && cdn !== undefined ? [cdn] : [],
    );
    const settled = settle(again.length > 0 ? postpone(owing, isAgain, now) : owing, done);
    const known = new Set([...(settled.byZoom ?? []), ...byZoom]);
    return known.size > (settled.byZoom?.length ?? 0) ? { ...settled, byZoom: [...known] } : settled;
  });
  return next && announceRepaired(state, next, layer, now);
}
