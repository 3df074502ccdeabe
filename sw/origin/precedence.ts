import { selectingFields, unseenField, variantIn, type VaryEnvironment } from '../http/vary';
import { inForce } from '../ledger/doubt';
import type { LedgerState } from '../ledger/state';
import { isMismatch, isOlder, isSuperseded, judge } from '../ledger/verdict';
import { saysNothing } from '../http/statuses';
import { variantKey } from '../store/tile-key';
import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';

/** What is labelled with a version: a tile, or a part of one. */
export interface Labelled {
  meta: Pick<Tile['meta'], 'version'>;
}

/** True if the tile is labelled with another version than the one in force. */
export const isWrong = (
  state: LedgerState | undefined,
  { subject }: Pick<ExchangePlan, 'subject'>,
  { meta }: Labelled,
): boolean => state !== undefined && isMismatch(inForce(state, subject.layer.name), subject, meta);

/** True if the answer says something about the tile, and no purge covers it. */
export function isOfTheTile(state: LedgerState | undefined, plan: ExchangePlan, one: Tile, now: number): boolean {
  if (!state || saysNothing(one.status)) return false;
  const older = isOlder(state, plan.subject.layer.name, one, plan.cacheName);
  return judge(state, plan.subject, one, older, now).rule !== 'absent';
}

/** True if the tile is labelled with the version in force: no tile of another version may replace it. */
export const isInForce = (
  state: LedgerState | undefined,
  plan: ExchangePlan,
  one: Tile | undefined,
  now: number,
): boolean =>
  one !== undefined && one.meta.version !== '' && !isWrong(state, plan, one) && isOfTheTile(state, plan, one, now);

/** True if a purge, a switch or a clearing since the request was sent covers this tile: it must not be stored. */
export function isAbsentSince(state: LedgerState, plan: ExchangePlan, tile: Tile, now: number): boolean {
  const { subject } = plan;
  return isSuperseded(state, subject, plan.state.epoch) && judge(state, subject, tile, false, now).rule === 'absent';
}

/**
 * True if `stored` was requested later than `tile`, and so stays: of two answers that the same rules allow, the later
 * one is the tile. A stored tile from the future is not later, because the clock was set back since.
 */
export const isLater = (stored: Tile | undefined, tile: Tile, now: number): boolean =>
  stored !== undefined &&
  stored.meta.ledger === tile.meta.ledger &&
  stored.meta.epoch === tile.meta.epoch &&
  stored.meta.requestAt > tile.meta.requestAt &&
  stored.meta.requestAt <= now;

/**
 * Chooses the key of a variant: the first variant has the tile's own key. The others lie beside it, and only its group
 * leads to them.
 */
export function placeFor(
  plan: ExchangePlan,
  before: Tile | undefined,
  tile: Tile,
  env: VaryEnvironment,
): { key: string; variant: string; group: string } {
  const { layer } = plan.address;
  const fields = selectingFields(layer, tile.headers);
  if (fields.length === 0) return { key: plan.key, variant: '', group: '' };
  const variant = variantIn(layer, fields, plan.request, env) ?? '';
  const own = String(tile.meta.requestAt);
  if (!before || String(selectingFields(layer, before.headers)) !== String(fields))
    return { key: plan.key, variant, group: own };
  const { group } = before.meta;
  if (before.meta.variant === variant) return { key: plan.key, variant, group };
  return { key: variantKey(plan.key, variant, group), variant, group };
}

/**
 * Returns the field of `Vary` that makes this tile unusable without validation; `'*'` for any field, undefined for
 * none.
 */
export function unseenIn({ address, request }: ExchangePlan, { headers }: Tile, env: VaryEnvironment) {
  return unseenField(address.layer, selectingFields(address.layer, headers), request, env);
}
