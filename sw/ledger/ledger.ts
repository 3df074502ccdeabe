import { TileCacheError } from '../../src/shared/errors';
import { globalTimers, type Timers, within } from '../util/deadline';
import { doubtsAfter } from './doubt';
import { createGroupCommit, type Ended } from './group-commit';
import type { Change } from './apply-changes';
import { createConnection } from './connection';
import { createReading } from './reading';
import { readState } from './read-state';
import type { LedgerPatch, LedgerState } from './state';
import { writeChanges } from './write-changes';

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

/** Milliseconds within which a change has to be durable. */
const COMMIT_MS = 5000;

/** The ledger of one registration. `hasTraces` tells whether an earlier ledger has lived here. */
export function createLedger(scope: string, hasTraces: () => Promise<boolean>, timers: Timers = globalTimers): Ledger {
  const name = `tile-cache-ledger:${scope}`;
  let state: LedgerState | undefined;

  const [withRows, abandon] = createConnection(name);

  const reading = createReading({
    read: () => withRows((db) => readState(db, name, hasTraces)),
    // Abandon a connection that does not answer: the next attempt opens another.
    abandon,
    found: (fresh) => (state = fresh),
    timers,
  });

  /** Writes all changes in one transaction. A change that throws changes nothing; the others go on. */
  const write = async (changes: readonly Change[]): Promise<{ state: LedgerState; ended: Ended[] }> => {
    let transaction: { abort(): void } | undefined;
    const committing = withRows(async (db) => {
      const [after, changed, ended] = await writeChanges(
        db,
        changes,
        () => state!,
        (tx) => (transaction = tx),
      );
      // Records that are written now are in doubt no more.
      const doubts = [...(state?.doubts ?? [])].filter(([layer]) => !changed.has(layer));
      state = doubts.length > 0 ? { ...after, doubts: new Map(doubts) } : after;
      reading.known(state);
      return { state, ended };
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
