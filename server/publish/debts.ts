import type { Purger } from '../purge/purger';
import type { OriginState, Owed } from '../versions/state';
import { type Debt, owe, postpone, settle, unite } from '../versions/owed';
import { announceRepaired } from '../versions/repaired';
import { withOwn } from '../versions/transitions';
import type { PublicationPlan } from './plan';
import { without } from './stagger';
import { layerTag } from '../tiles/cache-tags';

/** Seconds after which a purge or a hook that never settles counts as failed: it would hold up its layer for good. */
export const LONGEST_STEP = 600;

/** A CDN under the name that debts and reports have for it. */
export interface NamedPurger {
  cdn: string;
  purger: Purger;
}

/** Two CDNs of one name are told apart by their place: each has debts of its own. */
export function nameCdns(purgers: readonly Purger[]): NamedPurger[] {
  return purgers.map((purger, i) => {
    const place = purgers.slice(0, i).filter(({ name }) => name === purger.name).length;
    return { cdn: place === 0 ? purger.name : `${purger.name}#${place + 1}`, purger };
  });
}

/** A purge to be made; `mark` where the store knows of it. */
export interface Due {
  debt: Debt;
  mark?: number;
}

/** What became of it. */
export interface Outcome extends Due {
  ok: boolean;
  /** What lies at this CDN from now on bears tags by zoom. */
  byZoom?: true;
}

/** What this plan and earlier failures make due at one CDN, or in the origin's own cache (`cdn` undefined). */
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

/** Writes a plan's purges down before they are tried. */
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
 * Writes down what became of purges: what was dropped is settled, what was not stays owed. What was announced before is
 * announced again when its last debt is settled.
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
