import { createArea } from '../../src/shared/area';
import { TileCacheError } from '../../src/shared/errors';
import type { DriveResult, FailedTile } from '../../src/shared/regions';
import { isQuotaError } from '../index/eviction';
import { type LedgerState, recordOf } from '../ledger/ledger';
import { blocksOf, type Block, generationOf, packPath } from './blocks';
import { fillBlock, type Filled, type FillTools } from './fill-block';
import { finishDraft, overtakenDraft } from './switch';
import { isOutdated } from './outdated';
import type { Pack, PackItem, PackName } from './pack';
import type { Draft, DraftMode, RegionRecord } from './records';
import { wantedTiles } from './wanted';

/** What a worker knows of a region that is being made, besides its record. */
export interface Live {
  /** Tiles and bytes of the block in hand. */
  tiles: number;
  bytes: number;
  /** What of it was staged in an earlier life. */
  floor: number;
  /** Tiles of this life, since when: epoch milliseconds. */
  since: number;
  count: number;
  reason?: 'offline' | 'metered' | 'busy';
}

/** Makes editions, a slice at a time. */
export interface Job {
  /** Works for some seconds at most; whoever asks meanwhile shares the slice. */
  drive(where: { metered: boolean; online: boolean }): Promise<DriveResult>;
  /**
   * Changes a region: what is going on for it ends at once, and nothing begins before `work` is over. Without that, a
   * slice would write the record as it was before. One after the other; `work` asks for no turn of the same region.
   */
  alone<T>(id: string, work: () => Promise<T>): Promise<T>;
  live(id: string): Live | undefined;
  /** Ends what is going on; nothing begins any more. */
  halt(): Promise<void>;
}

interface JobTools extends FillTools {
  origin: string;
  /** A region's state has changed. */
  told: (id: string, now?: boolean) => void;
  /** What the style needs, where there is one. */
  fillAssets: (record: RegionRecord, signal: AbortSignal) => Promise<RegionRecord | { reason: string; after?: number }>;
}

/** Milliseconds of one slice: background work of a worker is ended by the browser, after 55 seconds by the first. */
const SLICE_MS = 8000;
/** Milliseconds until somebody should ask again whether there is a network. */
const RETRY_MS = 15_000;
/** Milliseconds until somebody should ask again for a region that is being changed. */
const HELD_MS = 300;
const MAX_BACK_OFF = 60_000;
/** Back-offs after which what an origin does not answer has failed. */
const PATIENCE = 6;
/** Passes over blocks in which tiles failed, after the first. */
const RETRIES = 1;
const MAX_PASSES = 50;
const MAX_FAILED = 10_000;
/** Bytes of one block: it is written as one, and a phone has to hold it. */
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

export const beginDraft = (record: RegionRecord, mode: DraftMode, state: LedgerState, now: number): RegionRecord => {
  const { error: _, lost: __, ...rest } = record;
  const number = record.last + 1;
  const draft: Draft = {
    number,
    mode,
    startedAt: now,
    ...positionOf(record, state),
    done: 0,
    pass: 0,
    open: [],
    changed: record.layers.map(() => ({})),
    tiles: 0,
    bytes: 0,
    stored: record.edition?.stored ?? 0,
    failed: [],
    notBefore: 0,
    troubles: 0,
  };
  return { ...rest, last: number, draft };
};

/** Where the ledger stands for the layers of a region. */
export function positionOf({ layers }: Pick<RegionRecord, 'layers'>, state: LedgerState) {
  const versions: Record<string, string> = {};
  for (const { layer } of layers) {
    const { version } = recordOf(state, layer);
    if (version !== undefined) versions[layer] = version;
  }
  return { epoch: state.epoch, ledger: state.id, versions };
}

export function createJob(tools: JobTools): Job {
  const { book, packs, ledger, now, origin } = tools;
  const lives = new Map<string, Live>();
  const blockLists = new Map<string, { of: RegionRecord['spec']; blocks: Block[] }>();
  let current: { id: string; controller: AbortController; ended: Promise<unknown> } | undefined;
  let slice: Promise<DriveResult> | undefined;
  let halted = false;
  const turns = new Map<string, Promise<unknown>>();

  const blocksFor = ({ id, spec, layers }: RegionRecord): Block[] => {
    const known = blockLists.get(id);
    if (known?.of === spec) return known.blocks;
    const blocks = blocksOf(spec, layers.length);
    blockLists.set(id, { of: spec, blocks });
    return blocks;
  };

  const liveOf = (id: string): Live => {
    let live = lives.get(id);
    if (!live) lives.set(id, (live = { tiles: 0, bytes: 0, floor: 0, since: now(), count: 0 }));
    return live;
  };

  /** The pack in force for a block, whatever the region is to hold next. */
  const oldPack = ({ edition, layers }: RegionRecord, block: Block): PackName | undefined => {
    const { cacheName } = layers[block.layer]!;
    const index = edition?.layers.findIndex((layer) => layer.cacheName === cacheName) ?? -1;
    if (!edition || index < 0) return undefined;
    return { cacheName, path: packPath(origin, generationOf(edition.blocks[index]!, block.name), block.name) };
  };

  const write = async (name: PackName, items: PackItem[]): Promise<number> => {
    try {
      return await packs.write(name, items);
    } catch (error) {
      const bytes = items.reduce((sum, { body }) => sum + (body instanceof Uint8Array ? body.length : 0), 0);
      if (!isQuotaError(error) || !(await tools.makeRoom(bytes))) throw error;
      return packs.write(name, items);
    }
  };

  const inBlock = ({ layer, name }: Block, layers: RegionRecord['layers'], { layer: of, tile }: FailedTile) =>
    tile !== undefined && of === layers[layer]!.layer && name === `${tile.z}/${tile.x >> 4}/${tile.y >> 4}`;

  /** One block. Undefined: it is not done yet. */
  const doBlock = async (record: RegionRecord, ordinal: number, signal: AbortSignal, hasTime: () => boolean) => {
    const draft = record.draft!;
    const block = blocksFor(record)[ordinal]!;
    const saved = record.layers[block.layer]!;
    const area = areaOf(record);
    const wanted = await wantedTiles(
      saved,
      area.within(block.root, block.zoom),
      tools,
      origin,
      book.accept(saved.layer),
    );
    const name = { cacheName: saved.cacheName, path: packPath(origin, draft.number, block.name) };
    const oldName = oldPack(record, block);
    const isNew = Object.hasOwn(draft.changed[block.layer]!, block.name);
    // A pack that was written just before a stop counts as staged.
    const own = await packs.get(name);
    const old = oldName && (await packs.get(oldName));
    const live = liveOf(record.id);
    Object.assign(live, { tiles: 0, bytes: 0, floor: 0 });
    const keys = new Set(wanted.map(({ key }) => key));
    const before = draft.pass > 0 ? countIn(isNew ? own : old, keys) : { tiles: 0, bytes: 0 };
    const filled = await fillBlock(
      {
        region: record.id,
        id: `${block.layer} ${block.name}`,
        wanted,
        mode: draft.mode,
        own,
        old,
        oldName,
        concurrency: tools.layer(saved.layer)?.concurrency ?? 6,
        most: MAX_BLOCK_BYTES,
        impatient: draft.troubles >= PATIENCE && /^\d+$|mismatch/.test(draft.trouble ?? ''),
      },
      tools,
      {
        signal,
        hasTime,
        begun: (staged) => (live.floor = draft.pass > 0 ? 0 : staged),
        settled: (tiles, bytes) => {
          if (draft.pass === 0) {
            live.tiles += tiles;
            live.bytes += bytes;
          }
          live.count += tiles;
          tools.told(record.id);
        },
      },
    );
    if (signal.aborted) return undefined;
    if (!('tiles' in filled)) return filled.trouble;
    const size = filled.items ? await write(name, filled.items) : 0;
    if (signal.aborted) return undefined;
    const replaced = filled.items ? ((isNew ? own : old)?.size ?? 0) : 0;
    return { block, filled, grown: size - replaced, before, ordinal };
  };

  type Done = {
    block: Block;
    filled: Filled;
    grown: number;
    before: { tiles: number; bytes: number };
    ordinal: number;
  };

  const afterBlock = (record: RegionRecord, { block, filled, grown, before, ordinal }: Done): RegionRecord => {
    const draft = record.draft!;
    const failed = [...draft.failed.filter((one) => !inBlock(block, record.layers, one)), ...filled.failed].slice(
      0,
      MAX_FAILED,
    );
    const borrows = new Set(record.borrows);
    for (const { body } of filled.items ?? [])
      if (!(body instanceof Uint8Array)) borrows.add(decodeURIComponent(body.from.cacheName.split(':').at(-1)!));
    const changed = [...draft.changed];
    if (filled.items) changed[block.layer] = { ...changed[block.layer], [block.name]: true };
    const { trouble: _, ...rest } = draft;
    return {
      ...record,
      borrows: [...borrows],
      draft: {
        ...rest,
        done: draft.done + 1,
        open: filled.failed.length > 0 ? [...draft.open, ordinal] : draft.open,
        changed,
        tiles: draft.tiles + filled.tiles - before.tiles,
        bytes: draft.bytes + filled.bytes - before.bytes,
        stored: draft.stored + grown,
        failed,
        troubles: 0,
      },
    };
  };

  /** Until the edition is done, the time is over, or nothing comes. */
  const work = async (id: string, signal: AbortSignal, deadline: number): Promise<DriveResult> => {
    const hasTime = () => now() < deadline;
    while (hasTime()) {
      const record = book.get(id);
      const draft = record?.draft;
      if (signal.aborted || !record || !draft || draft.stalled || record.paused) return { again: 0 };
      const budget = record.spec.maxBytes ?? 2 ** 30;
      if (draft.bytes > budget) {
        await stop(record, tooLarge(draft.bytes, budget));
        return { again: 0 };
      }
      const list = draft.list ?? blocksFor(record).map((_, i) => i);
      if (draft.done < list.length) {
        const done = await doBlock(record, list[draft.done]!, signal, hasTime);
        if (signal.aborted) return { again: 0 };
        if (!done) continue;
        if ('reason' in done) return { again: await backOff(record, done) };
        const next = afterBlock(record, done);
        const live = liveOf(id);
        await book.put(next, `${done.block.layer} ${done.block.name}`);
        Object.assign(live, { tiles: 0, bytes: 0, floor: 0 });
        tools.told(id);
        continue;
      }
      const next = await endPass(record, signal);
      if (!next) return { again: 0 };
      if ('reason' in next) return { again: await backOff(record, next) };
    }
    return { again: 0 };
  };

  /** All blocks of a pass are done: another pass over what failed or was overtaken, or the switch. */
  const endPass = async (
    record: RegionRecord,
    signal: AbortSignal,
  ): Promise<RegionRecord | { reason: string; after?: number } | undefined> => {
    const draft = record.draft!;
    const state = ledger.state;
    if (!state) return undefined;
    const put = async (next: RegionRecord) => {
      await book.put(next);
      tools.told(record.id, true);
      return next;
    };
    if (draft.open.length > 0 && draft.pass < RETRIES) {
      const pass = { pass: draft.pass + 1, list: draft.open, open: [], done: 0 };
      return put({ ...record, draft: { ...draft, ...pass } });
    }
    if (overtakenDraft(record, state) && draft.pass < MAX_PASSES) {
      const { list: _, ...all } = draft;
      const pass = { pass: draft.pass + 1, open: [], done: 0, mode: 'ruled' as const, ...positionOf(record, state) };
      return put({ ...record, draft: { ...all, ...pass } });
    }
    if (record.spec.style && !draft.assets) {
      const withAssets = await tools.fillAssets(record, signal);
      if (signal.aborted) return undefined;
      return 'reason' in withAssets ? withAssets : put(withAssets);
    }
    // What the edition in force does not have either is no reason to keep it.
    if (record.edition && failsMore(draft.failed, record.edition.failed)) {
      return put({ ...record, draft: { ...draft, stalled: true } });
    }
    const finished = finishDraft(record, state, now(), origin);
    await book.put(finished);
    lives.delete(record.id);
    tools.told(record.id, true);
    return finished;
  };

  const stop = async (record: RegionRecord, error: TileCacheError) => {
    await book.put({ ...record, error: error.toJSON(), paused: true });
    tools.told(record.id, true);
  };

  /** The origin is left alone for a while; resolves with the milliseconds. */
  const backOff = async (record: RegionRecord, { reason, after }: { reason: string; after?: number }) => {
    const draft = record.draft!;
    const troubles = draft.troubles + 1;
    const wait = after ?? Math.min(MAX_BACK_OFF, 1000 * 2 ** Math.min(troubles - 1, 6)) * (0.75 + tools.random() / 2);
    await book.put({ ...record, draft: { ...draft, troubles, trouble: reason, notBefore: now() + wait } });
    liveOf(record.id).reason = /^\d+$|mismatch/.test(reason) ? 'busy' : 'offline';
    tools.told(record.id, true);
    return wait;
  };

  /** What there is to do for a region. */
  const due = async (record: RegionRecord, state: LedgerState): Promise<RegionRecord | undefined> => {
    if (record.paused || record.error) return undefined;
    if (record.draft) return record.draft.stalled ? undefined : record;
    const { edition } = record;
    if (edition && !isOutdated(edition, state)) return undefined;
    const next = beginDraft(record, edition ? 'ruled' : 'missing', state, now());
    await book.put(next);
    return next;
  };

  const run = async ({ metered, online }: { metered: boolean; online: boolean }): Promise<DriveResult> => {
    const deadline = now() + SLICE_MS;
    const state = ledger.state ?? (await ledger.load());
    await book.load();
    if (!state) return { again: RETRY_MS };
    let again: number | undefined;
    const later = (ms: number) => (again = Math.min(again ?? Infinity, ms));

    const goOn = async (id: string, signal: AbortSignal): Promise<void> => {
      const record = book.get(id) && (await due(book.get(id)!, state));
      if (!record || signal.aborted) return;
      const live = liveOf(id);
      const before = live.reason;
      delete live.reason;
      const wait = record.draft!.notBefore - now();
      if (!online) live.reason = 'offline';
      else if (metered && !record.spec.metered) live.reason = 'metered';
      else if (wait > 0 && wait < 3_600_001) live.reason = before ?? 'busy';
      if (live.reason) {
        if (live.reason !== before) tools.told(id, true);
        later(wait > 0 && online ? wait : RETRY_MS);
        return;
      }
      Object.assign(live, { since: now(), count: 0 });
      tools.told(id, true);
      const result = await work(id, signal, deadline).catch(async (error: unknown) => {
        const record = book.get(id);
        if (record && !signal.aborted) await stop(record, storageFailed(error)).catch(() => {});
        return { again: 0 };
      });
      if (result.again !== undefined) later(result.again);
    };

    for (const { id } of [...book.all()].sort((a, b) => a.createdAt - b.createdAt)) {
      if (halted) return { again: undefined };
      if (now() >= deadline) return { again: 0 };
      if (turns.has(id)) {
        later(HELD_MS);
        continue;
      }
      const controller = new AbortController();
      const ended = goOn(id, controller.signal);
      current = { id, controller, ended };
      await ended.finally(() => (current = undefined));
    }
    return { again };
  };

  return {
    drive: (where) => (slice ??= run(where).finally(() => (slice = undefined))),
    async alone(id, work) {
      const before = turns.get(id);
      const turn = async () => {
        await before?.catch(() => {});
        if (current?.id === id) {
          current.controller.abort();
          await current.ended.catch(() => {});
        }
        return work();
      };
      const own = turn();
      turns.set(id, own);
      try {
        return await own;
      } finally {
        if (turns.get(id) === own) turns.delete(id);
      }
    },
    live: (id) => lives.get(id),
    async halt() {
      halted = true;
      current?.controller.abort();
      await current?.ended.catch(() => {});
    },
  };
}

const areaOf = ({ spec }: RegionRecord) => createArea(spec.bounds);

/** True where something has failed that did not before. */
function failsMore(failed: readonly FailedTile[], before: readonly FailedTile[]): boolean {
  const id = ({ layer, tile, reason }: FailedTile) => JSON.stringify(tile ? [layer, tile.z, tile.x, tile.y] : reason);
  const known = new Set(before.map(id));
  return failed.some((one) => !known.has(id(one)));
}

function countIn(pack: Pack | undefined, keys: ReadonlySet<string>) {
  let [tiles, bytes] = [0, 0];
  for (const { key, length } of pack?.entries.values() ?? [])
    if (keys.has(key)) {
      tiles += 1;
      bytes += length;
    }
  return { tiles, bytes };
}

const tooLarge = (bytes: number, budget: number) =>
  new TileCacheError({
    code: 'LIMIT_EXCEEDED',
    field: 'maxBytes',
    message: `The region takes more than ${budget} bytes (${bytes} so far).`,
    remedy: 'Save it again with a higher maxBytes, fewer zooms or smaller bounds.',
  });

const storageFailed = (error: unknown) =>
  new TileCacheError(
    {
      code: 'STORAGE_FAILED',
      message: `The region could not be stored: ${String((error as Error | undefined)?.name ?? error)}`,
      remedy: 'Free storage for this site, then resume the region.',
    },
    { cause: error },
  );
