import { selectingFields, unseenField, variantIn, type VaryEnvironment } from '../http/vary';
import { inForce } from '../ledger/doubt';
import type { LedgerState } from '../ledger/state';
import { isMismatch, isOlder, isSuperseded, judge } from '../ledger/verdict';
import { saysNothing } from '../http/statuses';
import { variantKey } from '../store/tile-key';
import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';

/** Labelled with another version than the one in force. */
export const isWrong = (state: LedgerState | undefined, { subject }: ExchangePlan, { meta }: Tile): boolean =>
  state !== undefined && isMismatch(inForce(state, subject.layer.name), subject, meta);

/** It says something of the tile, and no purge covers it. */
export function isOfTheTile(state: LedgerState | undefined, plan: ExchangePlan, one: Tile, now: number): boolean {
  if (!state || saysNothing(one.status)) return false;
  const older = isOlder(state, plan.subject.layer.name, one, plan.cacheName);
  return judge(state, plan.subject, one, older, now).rule !== 'absent';
}

/** Labelled with the version in force, which nothing of another version may replace. */
export const isRight = (
  state: LedgerState | undefined,
  plan: ExchangePlan,
  one: Tile | undefined,
  now: number,
): boolean =>
  one !== undefined && one.meta.version !== '' && !isWrong(state, plan, one) && isOfTheTile(state, plan, one, now);

/** A purge, a switch or a clearing since the request was sent holds this tile: it must not be stored. */
export function isAbsentSince(state: LedgerState, plan: ExchangePlan, tile: Tile, now: number): boolean {
  const { subject } = plan;
  return isSuperseded(state, subject, plan.state.epoch) && judge(state, subject, tile, false, now).rule === 'absent';
}

/** Of two answers that the same rules allow, the one that was asked for later is the tile. Clocks go back: what comes from the future is not later. */
export const isLater = (stored: Tile | undefined, tile: Tile, now: number): boolean =>
  stored !== undefined &&
  stored.meta.ledger === tile.meta.ledger &&
  stored.meta.epoch === tile.meta.epoch &&
  stored.meta.requestAt > tile.meta.requestAt &&
  stored.meta.requestAt <= now;

/** The first variant keeps the key; others lie beside it, within reach only through its group. */
export function placeFor(
  plan: ExchangePlan,
  before: Tile | undefined,
  tile: Tile,
  env: VaryEnvironment,
): { key: string; variant: string; group: string } {
  const { layer } = plan.address;
  const fields = selectingFields(layer, tile.headers);
  if (!fields || fields === '*') return { key: plan.key, variant: '', group: '' };
  const variant = variantIn(layer, fields, plan.request, env) ?? '';
  const own = String(tile.meta.requestAt);
  if (!before || String(selectingFields(layer, before.headers)) !== String(fields))
    return { key: plan.key, variant, group: own };
  const { group } = before.meta;
  if (before.meta.variant === variant) return { key: plan.key, variant, group };
  return { key: variantKey(plan.key, variant, group), variant, group };
}

/** The field of `Vary` for which this tile can never be used unvalidated; `'*'`: for any; undefined: there is none. */
export function unseenIn({ address, request }: ExchangePlan, { headers }: Tile, env: VaryEnvironment) {
  const fields = selectingFields(address.layer, headers);
  return Array.isArray(fields) ? unseenField(address.layer, fields, request, env) : fields;
}
