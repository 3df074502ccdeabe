import type { LedgerState } from '../../../sw/ledger/state';
import { doubtsAfter } from '../../../sw/ledger/doubt';
import { applyPatch } from '../../../sw/ledger/apply-patch';
import type { Ledger } from '../../../sw/ledger/ledger';

/** What a ledger has on disk; `undefined` after the browser has deleted it. */
export interface Disk {
  state: LedgerState | undefined;
  founded: number;
}

/** Implements the ledger on a disk that outlives the worker. The worker may be stopped at each step. */
export function createScheduledLedger(
  disk: Disk,
  pause: (what: string) => Promise<void>,
  hasTraces: () => boolean,
): Ledger {
  let state: LedgerState | undefined;
  let loading: Promise<LedgerState | undefined> | undefined;
  // Run one transaction at a time, as IndexedDB does.
  let line: Promise<unknown> = Promise.resolve();
  const ledger: Ledger = {
    get state() {
      return state;
    },
    load() {
      loading ??= (async () => {
        await pause('ledger read');
        if (!disk.state) {
          disk.founded += 1;
          disk.state = {
            id: `ledger${disk.founded}`,
            epoch: 1,
            orphaned: hasTraces(),
            ids: [],
            cleared: {},
            layers: new Map(),
          };
        }
        state = disk.state;
        await pause('ledger loaded');
        return state;
      })();
      return loading;
    },
    reload() {
      loading = undefined;
      return ledger.load();
    },
    doubt(change, at) {
      if (state) state = { ...state, doubts: doubtsAfter(state, change(state), at) };
    },
    async commit(change) {
      await ledger.load();
      const run = line.then(async () => {
        await pause('ledger write');
        const before = disk.state ?? (state as LedgerState);
        const patch = change(before);
        const after = applyPatch(before, patch);
        disk.state = after;
        await pause('ledger written');
        state = after;
        return { state: after, result: patch.result };
      });
      line = run.catch(() => {});
      return run;
    },
  };
  return ledger;
}
