import { isNegative } from '../http/statuses';
import { askOrigin } from './ask-origin';
import type { Wanted } from '../lookup/wanted';
import type { WantedItem } from './block-plan';
import type { Filling } from './filling';
import type { Got, Refusing } from './live';
import { once } from './witness';

/** Answers in a row without a tile after which the worker makes sure that the origin gives any. */
const MAX_REFUSALS = 5;
/** The longest such row, while the origin gives a tile each time: there may be none in a sea. */
const MAX_ROW = 256;
/** Answers that there is no tile after which the worker believes that a region without a single one has a wrong URL. */
const MAX_NONE = 64;

/** Returns the reason with which tiles of a layer fail that would have to be requested; undefined: request them. */
export const refusedBy = ({ tile, address }: WantedItem, { watch }: Filling): string | undefined =>
  tile && watch.live.refusing.get(address.layer.name)?.reason;

/**
 * Notes an answer. After some answers in a row without a tile, requests some that the region has of the layer, or else some
 * in other places. If none comes, the layer's origin refuses everything, and is asked for nothing more in this pass. An
 * origin that has never given a tile, and only says that there is none, is believed if the region has tiles of other
 * layers.
 */
export async function noteAnswer(item: WantedItem, got: Got, filling: Filling): Promise<void> {
  const { refusing } = filling.watch.live;
  const { name } = item.address.layer;
  const reason = item.tile && noTile(item, got, filling);
  if (reason === undefined) return;
  const now: Refusing = refusing.get(name) ?? { row: 0, most: MAX_REFUSALS };
  refusing.set(name, now);
  now.row = reason === '' ? 0 : now.row + 1;
  if (now.row < now.most || now.reason !== undefined) return;
  // Once for all tiles that come at about the same time.
  now.looking ??= lookAt(name, reason, got.kind === 'refused', now, filling).finally(() => delete now.looking);
  const next = await now.looking;
  if (next && refusing.get(name) === now) refusing.set(name, next);
}

/** Returns what the origin has said in place of a tile; '' for a tile, undefined for an answer that tells neither. */
function noTile({ key }: WantedItem, got: Got, { plan }: Filling): string | undefined {
  if (got.kind === 'refused') return got.reason;
  if (got.kind !== 'had') return undefined;
  const { status, missedAt } = got.settled.item;
  if (missedAt !== undefined) return '404';
  if (status !== 404 && status !== 410) return '';
  // The origin has said so before, or says by a newer version or for good that a tile is gone.
  return plan.old?.entries.has(key) ? undefined : String(status);
}

/** Resolves with undefined if the slice must end before it is known. */
async function lookAt(
  name: string,
  reason: string,
  isRefused: boolean,
  now: Refusing,
  filling: Filling,
): Promise<Refusing | undefined> {
  const { plan } = filling;
  const good = (await plan.good?.(name)) ?? [];
  if (good.length === 0 && !isRefused && now.row < MAX_NONE) {
    const others = (await plan.good?.()) ?? [];
    return others.length > 0 ? { row: 0, most: Infinity } : { row: now.row, most: MAX_NONE };
  }
  const gives = await givesAny(name, good, filling);
  if (gives === undefined) return undefined;
  const most = Math.min(MAX_ROW, 2 * now.most);
  return gives ? { row: 0, most } : { row: now.row, most, reason };
}

/**
 * Resolves with whether a layer's origin gives any of the tiles that the region has; without one, any of some others.
 * Trouble tells nothing about other tiles. Resolves with undefined if the slice must end before.
 */
function givesAny(name: string, good: readonly Wanted[], filling: Filling): Promise<boolean | undefined> {
  const { plan, tools, watch } = filling;
  const ask = async () => {
    // Of an archive, one tile tells as much as many.
    const isArchive = tools.layer(name)?.archive !== undefined;
    const others = isArchive || good.length > 0 ? [] : ((await plan.any?.(name)) ?? []);
    for (const one of isArchive ? good.slice(0, 1) : [...good, ...others]) {
      const answered = await askOrigin(one, tools, watch, true);
      const isNone = answered.kind === 'tile' && isNegative(answered.tile);
      if (answered.kind !== 'refused' && !isNone) return true;
    }
    return false;
  };
  return once(`layer ${name}`, ask, filling);
}
