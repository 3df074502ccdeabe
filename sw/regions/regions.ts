import { cachePrefix, parseCacheName } from '../store/cache-name';
import { createBook } from './book';
import { createRegionCommands } from './commands';
import type { FillTools } from './fill-block';
import { createJob } from './job';
import { createOnce } from './once';
import { createPackStore } from './pack-store';
import { fillAssets } from './fill-assets';
import { createRecords } from './records';
import { createSpace } from './space';
import type { Regions, RegionSurroundings, RegionTools } from './tools';
import { isOutdated } from './outdated';

/** Options of `regions`. */
export interface RegionsOptions {
  /** Providers whose terms forbid fetching areas in advance and with whom you have an agreement: `['maptiler']`. @default [] */
  bulk?: readonly string[];
}

/** Milliseconds between two tellings of progress. */
const TELL_MS = 250;

export function createRegions(around: RegionSurroundings, { bulk }: Required<RegionsOptions>): Regions {
  const { scope, origin, caches, timers } = around;
  const records = createRecords(scope, timers);
  const packs = createPackStore(caches, cachePrefix(scope), timers);
  const book = createBook(records, packs, origin, timers);
  const once = createOnce();
  let connected: Connected | undefined;

  return {
    find: book.find,
    connect(tools) {
      connected = connect({ ...tools, book, packs, records }, origin, bulk);
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
    async clear(layer, partition) {
      await book.load();
      for (const record of book.all()) {
        const all = [...record.layers, ...(record.edition?.layers ?? []), ...(record.edition?.assets ?? [])];
        const hit = all.filter(
          (one) =>
            (layer === undefined || one.layer === layer) &&
            (partition === '' ||
              parseCacheName(one.cacheName.split(':').slice(0, 4).join(':'))?.partition === partition),
        );
        if (hit.length === 0) continue;
        await connected?.interrupt(record.id);
        const { edition: _, draft: __, ...rest } = record;
        // Whoever wants tiles gone does not want them fetched again at once.
        await book.put({ ...rest, paused: true, garbage: [] }).catch(() => {});
        await records.unstage(record.id).catch(() => {});
        for (const { cacheName } of all) await packs.drop(cacheName);
        connected?.told(record.id, true);
      }
    },
  };
}

interface Connected {
  commands: ReturnType<typeof createRegionCommands>;
  tools: RegionTools;
  told: (id: string, now?: boolean) => void;
  interrupt: (id: string) => Promise<void>;
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
  const job = createJob({
    ...tools,
    origin,
    told,
    fillAssets: (record, signal) => fillAssets(record, { ...tools, origin }, signal),
  });
  const space = createSpace({
    ...tools,
    origin,
    lost: ({ id }) => void tell(id, { lost: true }).catch(() => {}),
    interrupt: job.interrupt,
  });
  const commands = createRegionCommands({
    ...tools,
    origin,
    job,
    space,
    bulk,
    told,
  });
  return { commands, tools, told, interrupt: job.interrupt };
}
