import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { invalidateCommand } from '../../../sw/pages/commands';
import { createLedger, MAX_LAYERS } from '../../../sw/ledger/ledger';

const SCOPE = 'https://map.example/';
const nothing = async () => false;

describe('the ledger', () => {
  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
  });

  it('is founded once and read by the next worker', async () => {
    const first = await createLedger(SCOPE, nothing).load();
    const second = await createLedger(SCOPE, nothing).load();
    expect(second).toEqual(first);
    expect(first).toMatchObject({ epoch: 1, orphaned: false });
  });

  it('of another scope is another', async () => {
    const one = await createLedger(SCOPE, nothing).load();
    const two = await createLedger(`${SCOPE}app/`, nothing).load();
    expect(two?.id).not.toBe(one?.id);
  });

  it('knows that an earlier one was lost', async () => {
    expect((await createLedger(SCOPE, async () => true).load())?.orphaned).toBe(true);
    globalThis.indexedDB = new IDBFactory();
    expect((await createLedger(SCOPE, async () => Promise.reject(new Error('no caches'))).load())?.orphaned).toBe(true);
  });

  it('keeps a rule over a restart, and counts on', async () => {
    const { state } = await createLedger(SCOPE, nothing).commit(invalidateCommand({ layer: 'roads', version: 'b' }));
    expect(state.epoch).toBe(2);
    const again = createLedger(SCOPE, nothing);
    expect((await again.load())?.layers.get('roads')).toMatchObject({
      version: 'b',
      rules: [{ epoch: 2, mode: 'purge' }],
    });
    expect((await again.commit(invalidateCommand({ layer: 'rivers' }))).state.epoch).toBe(3);
  });

  it('applies a change to what another worker wrote meanwhile', async () => {
    const [one, two] = [createLedger(SCOPE, nothing), createLedger(SCOPE, nothing)];
    await one.load();
    await two.load();
    await one.commit(invalidateCommand({ layer: 'roads' }));
    const { state } = await two.commit(invalidateCommand({ layer: 'rivers' }));
    expect(state.epoch).toBe(3);
    expect([...state.layers.keys()].sort()).toEqual(['rivers', 'roads']);
  });

  it('answers a repeated id without applying it again', async () => {
    const ledger = createLedger(SCOPE, nothing);
    const first = await ledger.commit(invalidateCommand({ layer: 'roads', id: 'x' }));
    const second = await ledger.commit(invalidateCommand({ layer: 'roads', id: 'x' }));
    expect(first.result.answer).toMatchObject({ applied: true, epoch: 2 });
    expect(second.result.answer).toMatchObject({ applied: false, epoch: 2 });
    expect(second.state.epoch).toBe(2);
  });

  it('reopens a connection that the browser closed', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.load();
    const real = IDBDatabase.prototype.transaction;
    let failures = 1;
    IDBDatabase.prototype.transaction = function (...args: Parameters<typeof real>) {
      if (failures-- > 0) throw new DOMException('The database connection is closing.', 'InvalidStateError');
      return real.apply(this, args);
    };
    try {
      expect((await ledger.commit(invalidateCommand({ layer: 'roads' }))).state.epoch).toBe(2);
    } finally {
      IDBDatabase.prototype.transaction = real;
    }
  });

  it('says so when it cannot be written, and changes nothing', async () => {
    const ledger = createLedger(SCOPE, nothing);
    const before = await ledger.load();
    const real = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    try {
      await expect(ledger.commit(invalidateCommand({ layer: 'roads' }))).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
      });
    } finally {
      IDBDatabase.prototype.transaction = real;
    }
    expect(ledger.state).toBe(before);
  });

  it('refuses more layers than it may have', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.commit((state) => ({
      epoch: state.epoch,
      records: Array.from({ length: MAX_LAYERS }, (_, i) => ({
        layer: `l${i}`,
        cache: '',
        kept: [],
        mixed: [],
        since: 0,
        rules: [],
        same: [],
      })),
      result: undefined,
    }));
    await expect(ledger.commit(invalidateCommand({ layer: 'one-more' }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'layer',
    });
  });

  it('goes on with what memory knows when it is deleted under the running worker', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.commit(invalidateCommand({ layer: 'roads', version: 'b' }));
    globalThis.indexedDB = new IDBFactory();
    const fresh = createLedger(SCOPE, nothing);
    await fresh.load();
    // The running worker still has its connection to the deleted database: its own next write is not lost there.
    const { state } = await ledger.commit(invalidateCommand({ layer: 'rivers' }));
    expect(state.layers.get('roads')?.version).toBe('b');
  });
});
