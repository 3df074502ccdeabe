import type { Wanted } from '../lookup/wanted';
import type { BlockPlan, Settled } from './block-plan';
import { entryTile } from './entry-tile';
import type { FillTools } from './fill-tools';
import type { PackEntry, PackItem, PackName } from '../store/pack';
import type { BodyReader, PackStore } from './pack-store';
import type { StagedTile } from './records';
import { isFresh, isRight } from './right';

/** Stands for the draft's own pack. */
const OWN: PackName = { cacheName: '', path: '' };

/** Takes over a tile that is staged, or in a pack of this region, if the ledger does not object to it. */
export async function takeOver(
  wanted: Wanted,
  staged: StagedTile | undefined,
  { own, old, oldName, mode }: BlockPlan,
  tools: FillTools,
): Promise<Settled | undefined> {
  const { key, subject } = wanted;
  if (staged && isRight(tools, subject, staged) && (await isThere(key, staged.body, tools.packs))) {
    const { status, headers, meta, body } = staged;
    return { item: { key, status, headers, meta, body }, bytes: body.length, fresh: true };
  }
  const ofDraft = own?.entries.get(key);
  if (ofDraft && isRight(tools, subject, ofDraft) && (await isWhole(ofDraft, tools.packs)))
    return fromEntry(ofDraft, OWN, true);
  const before = old?.entries.get(key);
  if (!before || !oldName || mode === 'all' || !isRight(tools, subject, before)) return undefined;
  if (mode === 'missing' && !isFresh(tools, wanted, entryTile(before, ''))) return undefined;
  return (await isWhole(before, tools.packs)) ? fromEntry(before, oldName, false) : undefined;
}

/**
 * Resolves with all settled items and the bodies that a new pack takes along; undefined if one is damaged, or has gone
 * meanwhile.
 */
export async function itemsOf(
  settled: Iterable<Settled>,
  plan: BlockPlan,
  packs: PackStore,
): Promise<PackItem[] | undefined> {
  const items: PackItem[] = [];
  const read = packs.bodies();
  for (const { item } of settled) {
    const body = await bodyFor(item, plan, read);
    if (!body || !(await isThere(item.key, body, packs))) return undefined;
    items.push({ ...item, body });
  }
  return items;
}

/** Leaves a body in another region's pack where it is; takes along a body from this region's own packs. */
async function bodyFor(
  { body, key }: PackItem,
  { own, old, oldName }: BlockPlan,
  read: BodyReader,
): Promise<PackItem['body'] | undefined> {
  if (body instanceof Uint8Array || (body.from !== OWN && body.from !== oldName)) return body;
  const pack = body.from === OWN ? own : old;
  const entry = pack?.entries.get(key);
  if (!pack || !entry) return undefined;
  return entry.from ? { from: entry.from, length: entry.length, crc: entry.crc } : read(pack, entry);
}

/** Checks that a body borrowed at staging is still there: it may have gone with its region. */
async function isThere(key: string, body: PackItem['body'], packs: PackStore): Promise<boolean> {
  if (body instanceof Uint8Array) return true;
  const pack = await packs.get(body.from).catch(() => undefined);
  return pack?.entries.get(key)?.crc === body.crc;
}

/** Checks that the body of an entry is there, if another region has lent it. */
const isWhole = async ({ key, from, length, crc }: PackEntry, packs: PackStore) =>
  !from || isThere(key, { from, length, crc }, packs);

/** Checks that all bodies that these items borrow are still there. */
export async function areThere(items: readonly PackItem[], packs: PackStore): Promise<boolean> {
  for (const { key, body } of items) if (!(await isThere(key, body, packs))) return false;
  return true;
}

export function fromEntry(entry: PackEntry, from: PackName, fresh: boolean): Settled {
  const { key, status, headers, meta, length, crc, missedAt } = entry;
  const item = { key, status, headers, meta, body: { from, length, crc } };
  return { item: missedAt === undefined ? item : { ...item, missedAt }, bytes: length, fresh };
}
