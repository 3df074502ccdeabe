import { globalTimers, type Timers } from '../util/deadline';
import type { Records, StagedSize, StagedTile } from './records';
import { openRegionDatabase, type RegionDatabase } from './region-database';

export function createRecords(scope: string, timers: Timers = globalTimers): Records {
  const database = openRegionDatabase(scope, timers);
  const { run, close } = database;
  const ofRegion = (id: string) => IDBKeyRange.bound([id], [id, []]);
  return {
    all: () => run((connection) => connection.getAll('regions')),
    put: (record, spent) =>
      run(async (connection) => {
        const durability = spent === undefined ? 'strict' : 'relaxed';
        const tx = connection.transaction(['regions', 'staged'], 'readwrite', { durability });
        void tx
          .objectStore('regions')
          .put(record)
          .catch(() => {});
        if (spent !== undefined)
          void tx
            .objectStore('staged')
            .delete(IDBKeyRange.bound([record.id, spent], [record.id, spent, []]))
            .catch(() => {});
        await tx.done;
      }),
    remove: (id) =>
      run(async (connection) => {
        const tx = connection.transaction(['regions', 'staged'], 'readwrite', { durability: 'strict' });
        void tx
          .objectStore('regions')
          .delete(id)
          .catch(() => {});
        void tx
          .objectStore('staged')
          .delete(ofRegion(id))
          .catch(() => {});
        await tx.done;
      }),
    stage: createStaging(database),
    staged: (region, block) =>
      run((connection) => connection.getAll('staged', IDBKeyRange.bound([region, block], [region, block, []]))),
    stagedSizes: (region) =>
      run(async (connection) => {
        const sizes: StagedSize[] = [];
        // One body in memory at a time.
        for await (const { value } of connection.transaction('staged').store.iterate(ofRegion(region)))
          sizes.push({ block: value.block, key: value.key, bytes: value.body.length });
        return sizes;
      }),
    unstage: (region) => run((connection) => connection.delete('staged', ofRegion(region))),
    close,
  };
}

/** Writes tiles one transaction at a time; while one runs, the tiles of the next gather. */
function createStaging({ run }: RegionDatabase): Records['stage'] {
  let batch: StagedTile[] = [];
  let writing: Promise<void> | undefined;

  const writeBatch = async () => {
    const tiles = batch;
    batch = [];
    await run(async (connection) => {
      const tx = connection.transaction('staged', 'readwrite', { durability: 'relaxed' });
      for (const tile of tiles) void tx.store.put(tile).catch(() => {});
      await tx.done;
    });
  };

  return async (tile) => {
    batch.push(tile);
    const before = writing;
    const own = batch;
    if (before) await before.catch(() => {});
    if (batch === own && batch.length > 0) {
      writing = writeBatch();
      writing.catch(() => {});
    }
    await writing;
  };
}
