import type { StorageUsage } from '../../src/shared/answers';
import type { Subject } from '../ledger/subject';
import type { Tile } from '../store/tile-store';
import { cachePrefix, parseCacheName } from '../store/cache-name';
import { createBook } from './book';
import { createRegionCommands } from './commands';
import type { FillTools } from './fill-tools';
import { createJob, type Job } from './job';
import { cachesOfRegion } from './notes';
import { createOnce } from '../util/once';
import { listPacks } from './list-packs';
import type { Grown } from './lend-pack';
import { createLending } from './lending';
import { createPace } from './pace';
import { createPackStore } from './pack-store';
import { createRecords } from './record-store';
import { recount } from './recount';
import type { RegionRecord } from './records';
import { cachesOf } from './blocks';
import { createSpace, type Space } from './space';
import type { Regions, RegionSurroundings } from './tools';
import { isOutdated } from './outdated';
import { isBetter } from './right';

/** Options of `regions`. */
export interface RegionsOptions {
  /** Providers whose terms forbid bulk downloads, but with which you have an agreement: `['maptiler']`. @default [] */
  bulk?: readonly string[];
  /**
   * The most requests per second to each host, 0.5 to 1000, evenly spread, for hosts that limit the rate. Requests that a map
   * waits for do not count.
   * @default no limit but the layer's `concurrency`
   */
  requestsPerSecond?: number;
}

/** Milliseconds between two looks for what the browser has deleted. */
const LOOK_MS = 60_000;
/** Milliseconds between two progress messages. */
const TELL_MS = 250;

export function createRegions(around: RegionSurroundings, { bulk = [], requestsPerSecond }: RegionsOptions): Regions {
  const { scope, origin, caches, timers } = around;
  const records = createRecords(scope, timers);
  const packs = createPackStore(caches, cachePrefix(scope), timers);
  const isBetterTile = (tile: Tile, other: Tile, subject: Subject) =>
    connected !== undefined && isBetter(tile, other, subject, connected.tools);
  const book = createBook(records, packs, origin, timers, () => connected?.missed(), isBetterTile);
  const once = createOnce();
  let connected: Connected | undefined;

  return {
    find: book.find,
    packs: (layer, from) => listPacks({ book, packs, origin }, layer, from),
    connect(tools) {
      const pace = createPace(requestsPerSecond, tools);
      const lending = createLending();
      connected = connect({ ...tools, book, packs, records, pace, lending, rate: requestsPerSecond }, origin, bulk);
    },
    command(command) {
      if (!connected) throw new Error('not connected');
      const { commands } = connected;
      return once((command as { id?: unknown }).id, () => commands.run(command));
    },
    async changed() {
      await book.load();
      const state = connected?.tools.ledger.state;
      if (!state) return;
      for (const { id, edition } of book.all()) if (edition && isOutdated(edition, state)) connected!.told(id, true);
    },
    async usage() {
      await book.load();
      const used: NonNullable<StorageUsage['regions']> = Object.create(null) as never;
      for (const { id, edition, draft } of book.all()) {
        const { tiles, stored: bytes } = edition ?? draft ?? { tiles: 0, stored: 0 };
        used[id] = { tiles, bytes, layers: edition?.layers.map(({ layer }) => layer) ?? [] };
      }
      return used;
    },
    async stop() {
      packs.close();
      records.close();
      await connected?.halt();
    },
    async clear(layer, partition) {
      await book.load();
      const isHit = (cacheName: string) => {
        const of = parseCacheName(cacheName.split(':').slice(0, 4).join(':'));
        return (layer === undefined || of?.layer === layer) && (partition === '' || of?.partition === partition);
      };
      const names = await packs.list();
      const isOver = ({ id, ...record }: RegionRecord) =>
        [...cachesOfRegion(names, id), ...cachesOf({ id, ...record })].some(isHit);
      const over = book.all().filter(isOver);
      const ids = new Set(over.map(({ id }) => id));
      const grown: Grown[] = [];
      for (const id of ids) {
        const empty = async () => {
          // Bodies that other regions have borrowed, of layers that are to stay, become theirs from here on.
          grown.push(...(await connected!.lendOut(id, isHit, ids)));
          const record = book.get(id);
          const own = new Set([...cachesOfRegion(names, id), ...(record ? cachesOf(record) : [])]);
          if (!record) return;
          const { edition: _, draft: __, failedAt: ___, ...rest } = record;
          // A page that purges tiles does not want them fetched again at once.
          await book.put({ ...rest, paused: true, garbage: [] }).catch(() => {});
          await records.unstage(id).catch(() => {});
          for (const name of own) await packs.drop(name);
          connected!.told(id, true);
        };
        await connected?.alone(id, () => connected!.tools.lending(empty));
      }
      // Delete packs without a record, too: nothing may bring them back.
      for (const name of await packs.list()) if (isHit(name)) await packs.drop(name);
      connected?.tools.later(recount(grown, { book, origin, alone: connected.alone }));
    },
  };
}

interface Connected {
  missed: () => void;
  commands: ReturnType<typeof createRegionCommands>;
  tools: FillTools;
  told: (id: string, now?: boolean) => void;
  alone: Job['alone'];
  halt: Job['halt'];
  lendOut: Space['lendOut'];
}

function connect(tools: FillTools, origin: string, bulk: readonly string[]): Connected {
  const { book } = tools;
  const due = new Map<string, number>();

  const tell = async (id: string, more?: { lost: true }) => {
    const record = book.get(id);
    if (record) await tools.tell({ type: 'TILE_REGION', region: await commands.info(record), ...more });
  };
  const told = (id: string, now = false) => {
    const last = due.get(id) ?? 0;
    if (!now && Math.abs(tools.now() - last) < TELL_MS) return;
    due.set(id, tools.now());
    void tell(id).catch(() => {});
  };
  const job = createJob({ ...tools, origin, told });
  const space = createSpace({
    ...tools,
    origin,
    lost: ({ id }) => void tell(id, { lost: true }).catch(() => {}),
    alone: job.alone,
  });
  const commands = createRegionCommands({
    ...tools,
    origin,
    job,
    space,
    bulk,
    told,
  });
  let lookedAt = -Infinity;
  /** A pack is missing, so perhaps all are. Nobody may ask for the list of regions for months. */
  const missed = () => {
    const at = tools.now();
    if (Math.abs(at - lookedAt) < LOOK_MS) return;
    lookedAt = at;
    tools.later(space.noticeLost().catch(() => {}));
  };
  return { missed, commands, tools, told, alone: job.alone, halt: job.halt, lendOut: space.lendOut };
}
