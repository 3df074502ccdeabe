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
   * Reads the database; concurrent calls share one read. Resolves with `undefined` when storage is broken or does not
   * answer within a second; when it does later, `state` is there from then on. `patiently`: where there is nothing else to show,
   * waits some ten seconds more, until somebody has done so in vain.
   */
  load(patiently?: 'patiently'): Promise<LedgerState | undefined>;
  /** Drops what is in memory and reads again: another worker of this registration may have written. */
  reload(): Promise<LedgerState | undefined>;
  /**
   * Applies a pure change to what the database holds now and resolves when that is durable.
   * Rejects with `STORAGE_FAILED`; then nothing was changed.
   */
  commit<R>(change: (state: LedgerState) => LedgerPatch<R>): Promise<{ state: LedgerState; result: R }>;
  /** Holds what could not be committed in memory, where it makes stored tiles doubtful. `at`: epoch milliseconds. */
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

  // A connection that the browser closed is opened again, once.
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
      // Another worker may have founded it meanwhile.
      const found = await tx.store.getAll();
      if (found.length === 0) await tx.store.put(headRow(founded));
      await tx.done;
      return found.length > 0 ? fromRows(found) : founded;
    });

  const reading = createReading({
    read,
    // A connection that does not answer is left behind: the next try opens another.
    abandon: () => (db = undefined),
    found: (fresh) => (state = fresh),
    timers,
  });

  /** All changes in one transaction; one that throws changes nothing, and the others go on. */
  const write = async (changes: readonly Change[]): Promise<{ state: LedgerState; ended: Ended[] }> => {
    let transaction: { abort(): void } | undefined;
    const committing = once(async (connection) => {
      const tx = connection.transaction('rows', 'readwrite', { durability: 'strict' });
      transaction = tx;
      tx.done.catch(() => {});
      const rows = await tx.store.getAll();
      // Deleted while we ran: go on with what memory knows, under a name that distrusts older bodies no less.
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
      // What is written now is in doubt no more.
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
        // What is not durable in time must not become so behind an error.
        transaction?.abort();
      } catch {
        // It had ended by itself.
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
        // A disk that is slow when a device boots is no reason to lose a purge.
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

/** The state after a patch. Throws `LIMIT_EXCEEDED` for more layers than a ledger may have. */
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
    // Too many partitions: clearing all of them is the safe side.
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
