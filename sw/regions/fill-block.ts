import type { FailedTile } from '../../src/shared/regions';
import { isQuotaError } from '../index/eviction';
import { decide } from '../policy/decide';
import { isNegative } from '../policy/statuses';
import { recordOf } from '../ledger/ledger';
import { isBefore } from '../lookup/kept';
import { judge } from '../ledger/verdict';
import type { Tile } from '../store/tile-store';
import { askOrigin, written } from './ask-origin';
import { entryTile, type Book } from './book';
import type { Pack, PackEntry, PackItem, PackName } from './pack';
import type { PackStore } from './pack-store';
import type { DraftMode, Records, StagedTile } from './records';
import type { RegionTools } from './tools';
import type { Wanted } from '../lookup/wanted';

/** What a block is filled from, and how. */
export interface BlockPlan {
  region: string;
  /** Names the block in the staging store. */
  id: string;
  wanted: ReadonlyArray<Wanted & { tile?: FailedTile['tile'] }>;
  mode: DraftMode;
  /** The draft's own pack, from an earlier pass. */
  own: Pack | undefined;
  /** The pack of the edition in force. */
  old: Pack | undefined;
  oldName: PackName | undefined;
  /** Requests at once. */
  concurrency: number;
  /** Bytes of all bodies: what comes beyond has failed. */
  most: number;
  /** The origin has been waited for long enough: what it fails to answer now has failed. */
  impatient: boolean;
}

/** How a block came out. */
export interface Filled {
  /** Undefined: nothing differs from the pack in force. */
  items: PackItem[] | undefined;
  failed: FailedTile[];
  tiles: number;
  bytes: number;
}

/** Ended before all of the block was settled. */
export interface Stopped {
  trouble?: { reason: string; after?: number };
}

export interface FillTools extends RegionTools {
  book: Book;
  packs: PackStore;
  records: Records;
}

/** A tile that is settled: it is in a pack or staged, or came just now. */
type Settled = { item: PackItem; bytes: number; fresh: boolean };

/** Times that the origin's failures are borne in one block before it is left alone for a while. */
const MAX_TROUBLES = 4;

/**
 * Settles all tiles of a block: what is right already is taken over, the rest is asked for. Each tile that comes is
 * durable before the next is counted. Ends early, with what is staged kept, when `signal` aborts, when `hasTime` says so,
 * or when the origin is in trouble.
 */
export async function fillBlock(
  plan: BlockPlan,
  tools: FillTools,
  {
    signal,
    hasTime,
    begun,
    settled,
  }: {
    signal: AbortSignal;
    hasTime: () => boolean;
    /** So many tiles are staged already. */
    begun: (staged: number) => void;
    settled: (tiles: number, bytes: number) => void;
  },
): Promise<Filled | Stopped> {
  const { records, packs } = tools;
  const { region, id, wanted, own, old } = plan;
  const staged = new Map((await records.staged(region, id)).map((tile) => [tile.key, tile]));
  begun(staged.size);
  const done = new Map<string, Settled>();
  const failed = new Map<string, FailedTile>();
  let troubles = 0;
  let trouble: Stopped['trouble'];
  const queue = [...wanted];

  let held = 0;
  const settle = (one: Wanted, found: Settled) => {
    done.set(one.key, found);
    held += found.bytes;
    settled(1, found.bytes);
  };
  const fail = (one: Wanted & { tile?: FailedTile['tile'] }, reason: string) =>
    failed.set(one.key, { layer: one.address.layer.name, ...(one.tile && { tile: one.tile }), reason });
  const stage = async (one: Wanted, item: Omit<PackItem, 'key'>, bytes: number) => {
    const tile: StagedTile = { region, block: id, key: one.key, ...item };
    await records.stage(tile).catch(async (error: unknown) => {
      if (!isQuotaError(error) || !(await tools.makeRoom(bytes))) throw error;
      await records.stage(tile);
    });
    settle(one, { item: { key: one.key, ...item }, bytes, fresh: true });
  };

  const one = async (next: Wanted & { tile?: FailedTile['tile'] }): Promise<void> => {
    if (held >= plan.most) return void fail(next, 'too large');
    const known = await takeOver(next, staged.get(next.key), plan, tools);
    if (known) return settle(next, known);
    const stored = plan.mode === 'all' ? undefined : await fromStore(next, plan, tools);
    if (stored) return stage(next, stored.item, stored.bytes);
    const answered = await askOrigin(next, tools, signal, plan.mode === 'all');
    switch (answered.kind) {
      case 'aborted':
        return;
      case 'refused':
        return void fail(next, answered.reason);
      case 'trouble':
        troubles += 1;
        if (!plan.impatient && (answered.after !== undefined || troubles > MAX_TROUBLES))
          trouble = { reason: answered.reason, ...(answered.after !== undefined && { after: answered.after }) };
        else fail(next, answered.reason);
        return;
      case 'tile': {
        troubles = 0;
        const { tile, bytes } = answered;
        await stage(next, { ...written(tile), body: bytes }, bytes.byteLength);
      }
    }
  };

  let broken = false;
  const worker = async () => {
    try {
      while (queue.length > 0 && !signal.aborted && !trouble && !broken && hasTime()) await one(queue.shift()!);
    } catch (error) {
      // The others end as well: nothing goes on behind a slice that has failed.
      broken = true;
      throw error;
    }
  };
  const workers = Array.from({ length: Math.min(plan.concurrency, wanted.length) }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  if (trouble) return { trouble };
  if (done.size + failed.size < new Set(wanted.map(({ key }) => key)).size) return {};

  const bytes = [...done.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const result = { failed: [...failed.values()], tiles: done.size, bytes };
  const isSame = old && !own && old.entries.size === done.size && [...done.values()].every(({ fresh }) => !fresh);
  if (isSame) return { ...result, items: undefined };
  const items: PackItem[] = [];
  for (const { item } of done.values()) {
    const body = item.body instanceof Uint8Array ? item.body : await ownBody(item, plan);
    // Damaged since it was looked at: as if it had not come.
    if (!body || !(await isThere(item.key, body, packs))) return {};
    items.push({ ...item, body });
  }
  return { ...result, items };
}

/** What another region's pack has stays there; what this region's own packs have is taken along. */
async function ownBody(item: PackItem, { own, old, oldName }: BlockPlan) {
  const { body, key } = item;
  if (body instanceof Uint8Array || (body.from !== OWN && body.from !== oldName)) return body;
  const pack = body.from === OWN ? own : old;
  const entry = pack?.entries.get(key);
  if (!pack || !entry) return undefined;
  return entry.from ? { from: entry.from, length: entry.length, crc: entry.crc } : pack.body(entry);
}

/** Stands for the draft's own pack. */
const OWN: PackName = { cacheName: '', path: '' };

/** What is staged or in a pack of this region already, if the ledger finds nothing wrong with it. */
async function takeOver(
  wanted: Wanted,
  staged: StagedTile | undefined,
  { own, old, oldName, mode }: BlockPlan,
  tools: FillTools,
): Promise<Settled | undefined> {
  const { key, subject } = wanted;
  if (staged && isRight(tools, subject, staged) && (await isThere(key, staged.body, tools.packs))) {
    const { status, headers, meta, body } = staged;
    return { item: { key, status, headers, meta, body }, bytes: lengthOf(body), fresh: true };
  }
  const ofDraft = own?.entries.get(key);
  if (ofDraft && isRight(tools, subject, ofDraft)) return fromEntry(ofDraft, OWN, true);
  const before = old?.entries.get(key);
  if (!before || !oldName || mode === 'all' || !isRight(tools, subject, before)) return undefined;
  if (mode === 'missing' && !isFresh(tools, wanted, entryTile(before, ''))) return undefined;
  return fromEntry(before, oldName, false);
}

/** What another region's pack had when it was staged may have gone with that region. */
async function isThere(key: string, body: PackItem['body'], packs: PackStore): Promise<boolean> {
  if (body instanceof Uint8Array) return true;
  const pack = await packs.get(body.from).catch(() => undefined);
  return pack?.entries.get(key)?.crc === body.crc;
}

const lengthOf = (body: PackItem['body']) => (body instanceof Uint8Array ? body.byteLength : body.length);

function fromEntry({ key, status, headers, meta, length, crc }: PackEntry, from: PackName, fresh: boolean): Settled {
  return { item: { key, status, headers, meta, body: { from, length, crc } }, bytes: length, fresh };
}

/** No rule and no version speaks against it. */
function isRight(
  { ledger, now }: FillTools,
  subject: Wanted['subject'],
  entry: Pick<PackEntry, 'meta' | 'status' | 'headers'>,
) {
  const tile = entryTile({ key: '', length: 0, crc: 0, ...entry }, '');
  const { state } = ledger;
  if (!tile || !state) return false;
  const verdict = judge(state, subject, tile, isBefore(tile, recordOf(state, subject.layer.name)), now());
  return verdict.rule === 'none' && !verdict.otherVersion && tile.meta.ledger === state.id;
}

function isFresh({ ledger, now }: FillTools, { subject, policy }: Wanted, tile: Tile | undefined) {
  const { state } = ledger;
  if (!tile || !state) return false;
  const verdict = judge(state, subject, tile, isBefore(tile, recordOf(state, subject.layer.name)), now());
  if (verdict.otherVersion) return false;
  const decision = decide({
    stored: tile,
    request: policy,
    layer: subject.layer,
    now: now(),
    rule: verdict.rule,
    confirmed: verdict.confirmed,
    disconnected: false,
  });
  return decision.kind === 'respond' && !decision.stale && !decision.validate;
}

/** A fresh tile that a map has stored, or that another region holds. */
export async function fromStore(
  wanted: Wanted,
  { region }: Pick<BlockPlan, 'region'>,
  tools: FillTools,
): Promise<{ item: Omit<PackItem, 'key'>; bytes: number } | undefined> {
  const { lookup, book } = tools;
  const { key, subject } = wanted;
  const { stored, unsureVariant } = await lookup(wanted);
  if (!stored || stored.verdict.rule !== 'none' || stored.verdict.otherVersion || unsureVariant) return undefined;
  const { tile } = stored;
  if (isNegative(tile) || !isFresh(tools, wanted, tile)) return undefined;
  const other = await book.locate(subject, key);
  if (other && other.region !== region && other.tile.requestAt === tile.requestAt) {
    const { entry, name } = other;
    const from = entry.from ?? name;
    const body = { from, length: entry.length, crc: entry.crc };
    return { item: { status: entry.status, headers: entry.headers, meta: entry.meta, body }, bytes: entry.length };
  }
  const blob = tile.blob ?? (tile.response?.type === 'opaque' ? undefined : await tile.response?.blob());
  if (!blob) return undefined;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const headers = new Headers(tile.headers);
  headers.delete('x-sw-tile-cache');
  return { item: { ...written({ ...tile, headers }), body: bytes }, bytes: bytes.byteLength };
}
