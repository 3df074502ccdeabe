import type { IDBPDatabase } from 'idb';
import { TileCacheError } from '../../src/shared/errors';
import { globalTimers, type Timers, within } from '../util/deadline';
import { doubtsAfter } from './doubt';
import { createGroupCommit, type Ended } from './group-commit';
import { toldByDone } from '../util/told-by-done';
import type { LayerRecord, LedgerPatch, LedgerState } from './state';
import { openRows, type Row, type Schema } from './open-rows';
import { createReading } from './reading';
import { withinRoom } from './room';

export interface Ledger {
  /** Undefined until `load` has resolved, and while the database is broken. */
  readonly state: LedgerState | undefined;
  /**
   * Reads the database; concurrent calls share one read. Resolves with `undefined` if storage is broken or does not
   * answer within a second; if it answers later, `state` is set from then on. `patiently`: there is nothing else to
   * show, so wait about ten seconds more, unless an earlier caller has already done so in vain.
   */
  load(patiently?: 'patiently'): Promise<LedgerState | undefined>;
  /**
   * Drops the state in memory and reads again: another worker of this registration may have written to the database.
   */
  reload(): Promise<LedgerState | undefined>;
  /**
   * Applies a pure change to what the database holds now and resolves when the result is durable.
   * Rejects with `STORAGE_FAILED` if it cannot be written; nothing has changed then.
   */
  commit<R>(change: (state: LedgerState) => LedgerPatch<R>): Promise<{ state: LedgerState; result: R }>;
  /**
   * Keeps a change that could not be committed in memory, so that it casts doubt on stored tiles. `at`: epoch
   * milliseconds.
   */
  doubt(change: (state: LedgerState) => LedgerPatch<unknown>, at: number): void;
}

type Change = (state: LedgerState) => LedgerPatch<unknown>;

const MAX_IDS = 128;
const MAX_CLEARED = 256;
/** Milliseconds within which a change has to be durable. */
const COMMIT_MS = 5000;

/** The ledger of one registration. `hasTraces` tells whether an earlier ledger has lived here. */
export function createLedger(scope: string, hasTraces: () => Promise<boolean>, timers: Timers = globalTimers): Ledger {
  const name = `tile-cache-ledger:${scope}`;
  let db: Promise<IDBPDatabase<Schema>> | undefined;
  let state: LedgerState | undefined;

  const open = () => {
    const forget = () => (db = undefined);
    if (!db) {
      db = openRows(name, forget);
      db.catch(forget);
    }
    return db;
  };

  // Retries once with a new connection, in case the browser has closed this one.
  const once = async <T>(work: (connection: IDBPDatabase<Schema>) => Promise<T>): Promise<T> => {
    try {
      return await work(await open());
    } catch {
      db = undefined;
      return work(await open());
    }
  };

  const read = () =>
    once(async (connection) => {
      const rows = await connection.getAll('rows');
      if (rows.length > 0) return fromRows(rows);
      const founded: LedgerState = {
        id: crypto.randomUUID().slice(0, 8),
        epoch: 1,
        orphaned: await hasTraces().catch(() => true),
        ...(connection.name !== name && { sealed: true }),
        ids: [],
        cleared: {},
        layers: new Map(),
      };
      const tx = connection.transaction('rows', 'readwrite', { durability: 'strict' });
      // Another worker may have created it meanwhile.
      const found = await tx.store.getAll();
      if (found.length === 0) await tx.store.put(headRow(founded));
      await tx.done;
      return found.length > 0 ? fromRows(found) : founded;
    });

  const reading = createReading({
    read,
    // Abandon a connection that does not answer: the next attempt opens another.
    abandon: () => (db = undefined),
    found: (fresh) => (state = fresh),
    timers,
  });

  /** Writes all changes in one transaction. A change that throws changes nothing; the others go on. */
  const write = async (changes: readonly Change[]): Promise<{ state: LedgerState; ended: Ended[] }> => {
    let transaction: { abort(): void } | undefined;
    const committing = once(async (connection) => {
      const tx = connection.transaction('rows', 'readwrite', { durability: 'strict' });
      transaction = tx;
      tx.done.catch(() => {});
      const rows = await tx.store.getAll();
      // The database was deleted while the worker ran. Go on with the state in memory: it distrusts older bodies no
      // less.
      let after = rows.length > 0 ? fromRows(rows) : (state as LedgerState);
      const changed = new Set(rows.length > 0 ? [] : after.layers.keys());
      const gone = new Set<string>();
      const ended = changes.map((change): Ended => {
        try {
          const patch = change(after);
          after = applyPatch(after, patch);
          for (const { layer } of patch.records) changed.add(layer);
          for (const layer of patch.forget ?? []) gone.add(layer);
          return { ok: true, result: patch.result };
        } catch (error) {
          return { ok: false, error };
        }
      });
      if (ended.some(({ ok }) => ok)) {
        toldByDone(tx.store.put(headRow(after)));
        for (const layer of new Set([...changed, ...gone])) {
          const value = after.layers.get(layer);
          toldByDone(value ? tx.store.put({ key: `layer:${layer}`, value }) : tx.store.delete(`layer:${layer}`));
        }
      }
      await tx.done;
      // Records that are written now are in doubt no more.
      const doubts = [...(state?.doubts ?? [])].filter(([layer]) => !changed.has(layer));
      if (doubts.length > 0) after = { ...after, doubts: new Map(doubts) };
      state = after;
      reading.known(after);
      return { state: after, ended };
    });
    try {
      return await within(committing, COMMIT_MS, timers);
    } catch (error) {
      try {
        // The caller gets an error, so a change that is late must not become durable afterwards.
        transaction?.abort();
      } catch {
        // The transaction had already ended.
      }
      throw error;
    }
  };
  const commit = createGroupCommit(write);

  const ledger: Ledger = {
    get state() {
      return state;
    },
    doubt(change, at) {
      if (state) state = { ...state, doubts: doubtsAfter(state, change(state), at) };
    },
    load: reading.load,
    reload: reading.again,
    async commit(change) {
      try {
        // Wait patiently: a disk that is slow while the device boots must not lose a purge.
        const read = await within(ledger.load('patiently'), COMMIT_MS, timers);
        if (!read) throw new Error('the ledger cannot be read');
        return (await commit(change)) as Awaited<ReturnType<typeof ledger.commit<never>>>;
      } catch (error) {
        if (error instanceof TileCacheError) throw error;
        throw new TileCacheError(
          {
            code: 'STORAGE_FAILED',
            message: `The ledger could not be written: ${String((error as Error)?.message ?? error)}`,
            remedy: 'Nothing was changed. Free storage for this site and send it again with the same id.',
          },
          { cause: error },
        );
      }
    },
  };
  return ledger;
}

function headRow({ layers: _, doubts: __, ...value }: LedgerState): Row {
  return { key: '', value };
}

function fromRows(rows: Row[]): LedgerState {
  const head = rows.find((row) => row.key === '')?.value as Omit<LedgerState, 'layers'>;
  const records = rows.filter((row) => row.key !== '').map((row) => row.value as LayerRecord);
  return { ...head, layers: new Map(records.map((record) => [record.layer, record])) };
}

/** The state after a patch. Throws `LIMIT_EXCEEDED` if the patch adds more layers than a ledger may have. */
export function applyPatch(before: LedgerState, patch: LedgerPatch<unknown>): LedgerState {
  const layers = new Map(before.layers);
  for (const layer of patch.forget ?? []) layers.delete(layer);
  for (const record of patch.records) layers.set(record.layer, record);
  withinRoom(layers);
  const ids = patch.remember ? [...before.ids, patch.remember].slice(-MAX_IDS) : before.ids;
  let cleared = before.cleared;
  if (patch.cleared) {
    cleared = { ...before.cleared, ...patch.cleared };
    const entries = Object.entries(cleared);
    // Too many partitions to remember: clearing all of them is safe.
    if (entries.length > MAX_CLEARED) cleared = { '': Math.max(...entries.map(([, epoch]) => epoch)) };
  }
  const forgot = before.forgot || (patch.forget?.length ?? 0) > 0;
  const { epoch, network = before.network, ahead = before.ahead } = patch;
  return {
    ...before,
    epoch,
    ids,
    cleared,
    layers,
    ...(network && { network }),
    ...(ahead !== undefined && { ahead }),
    ...(forgot && { forgot }),
  };
}
