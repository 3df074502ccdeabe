import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { type IDBPDatabase, openDB } from 'idb';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { distrustsHttpCache, judge } from '../../../sw/ledger/verdict';
import { invalidateCommand, versionsCommand } from '../../../sw/commands/commands';
import { createLedger } from '../../../sw/ledger/ledger';
import { forgetAddress, isForgotten } from '../../../sw/ledger/forgotten';
import { MAX_LAYERS } from '../../../sw/ledger/room';

const SCOPE = 'https://map.example/';
const nothing = async () => false;

describe('the ledger', () => {
  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
  });

  it('is created once, and read by the next worker', async () => {
    const first = await createLedger(SCOPE, nothing).load();
    const second = await createLedger(SCOPE, nothing).load();
    expect(second).toEqual(first);
    expect(first).toMatchObject({ epoch: 1, orphaned: false });
  });

  it('of another scope is a different one', async () => {
    const one = await createLedger(SCOPE, nothing).load();
    const two = await createLedger(`${SCOPE}app/`, nothing).load();
    expect(two?.id).not.toBe(one?.id);
  });

  it('knows if an earlier one was lost', async () => {
    expect((await createLedger(SCOPE, async () => true).load())?.orphaned).toBe(true);
    globalThis.indexedDB = new IDBFactory();
    expect((await createLedger(SCOPE, async () => Promise.reject(new Error('no caches'))).load())?.orphaned).toBe(true);
  });

  it('keeps rules over a restart, and continues the epochs', async () => {
    const { state } = await createLedger(SCOPE, nothing).commit(invalidateCommand({ layer: 'roads', version: 'b' }));
    expect(state.epoch).toBe(2);
    const again = createLedger(SCOPE, nothing);
    expect((await again.load())?.layers.get('roads')).toMatchObject({
      version: 'b',
      rules: [{ epoch: 2, mode: 'purge' }],
    });
    expect((await again.commit(invalidateCommand({ layer: 'rivers' }))).state.epoch).toBe(3);
  });

  it('applies a change to the state that another worker has written meanwhile', async () => {
    const [one, two] = [createLedger(SCOPE, nothing), createLedger(SCOPE, nothing)];
    await one.load();
    await two.load();
    await one.commit(invalidateCommand({ layer: 'roads' }));
    const { state } = await two.commit(invalidateCommand({ layer: 'rivers' }));
    expect(state.epoch).toBe(3);
    expect([...state.layers.keys()].sort()).toEqual(['rivers', 'roads']);
  });

  it('answers a repeated id without applying the command again', async () => {
    const ledger = createLedger(SCOPE, nothing);
    const first = await ledger.commit(invalidateCommand({ layer: 'roads', id: 'x' }));
    const second = await ledger.commit(invalidateCommand({ layer: 'roads', id: 'x' }));
    expect(first.result.answer).toMatchObject({ applied: true, epoch: 2 });
    expect(second.result.answer).toMatchObject({ applied: false, epoch: 2 });
    expect(second.state.epoch).toBe(2);
  });

  it('applies each command of a publication, although all have the same id', async () => {
    const ledger = createLedger(SCOPE, nothing);
    const answers = [];
    for (const command of [
      { layer: 'roads' },
      { layer: 'rivers' },
      { layer: 'roads', bbox: [0, 0, 1, 1] },
      { layer: 'roads', bbox: [2, 2, 3, 3] },
    ] as const)
      answers.push((await ledger.commit(invalidateCommand({ id: 'x', ...command }))).result.answer);
    expect(answers).toMatchObject([
      { layer: 'roads', applied: true },
      { layer: 'rivers', applied: true },
      { layer: 'roads', applied: true },
      { layer: 'roads', applied: true },
    ]);
    // The order of the members does not matter.
    const again = await ledger.commit(invalidateCommand({ bbox: [2, 2, 3, 3], id: 'x', layer: 'roads' }));
    expect(again.result.answer).toMatchObject({ applied: false, epoch: 5 });
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

  it('rejects if it cannot be written, and changes nothing', async () => {
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

  const many = (more: object = {}) => ({
    records: Array.from({ length: MAX_LAYERS }, (_, i) => ({
      ...{ layer: `l${i}`, cache: '', kept: [], mixed: [], since: 0, rules: [], same: [], confirmedAt: 1000 + i },
      ...more,
    })),
    result: undefined,
  });

  it('can record a forgotten URL even when it is full, by dropping a layer without stored tiles', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.load();
    await ledger.commit((state) => ({ epoch: state.epoch + 1, ...many() }));
    await ledger.commit(forgetAddress('other', 'https://map.example/1', new Set(['l0'])));
    const { layers } = ledger.state!;
    expect(isForgotten(layers.get('other')!, 'https://map.example/1', 1)).toBe(true);
    expect([layers.size, layers.has('l0'), layers.has('l1')]).toEqual([MAX_LAYERS, true, false]);
  });

  it('causes no unhandled rejection if a transaction is aborted', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.load();
    const unheard: unknown[] = [];
    const onUnhandled = (reason: unknown) => unheard.push(reason);
    const { put } = IDBObjectStore.prototype;
    const aborted = new Set<IDBTransaction>();
    process.on('unhandledRejection', onUnhandled);
    IDBObjectStore.prototype.put = function (...row) {
      const request = put.apply(this, row);
      if (!aborted.has(this.transaction)) queueMicrotask(() => this.transaction.abort());
      aborted.add(this.transaction);
      return request;
    };
    try {
      await expect(ledger.commit(invalidateCommand({ layer: 'roads' }))).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(unheard).toEqual([]);
    } finally {
      IDBObjectStore.prototype.put = put;
      process.off('unhandledRejection', onUnhandled);
    }
  });

  it('refuses more layers than its limit if each has a rule', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.commit(({ epoch }) => ({ epoch, ...many({ rules: [{ epoch: 1, mode: 'purge' }] }) }));
    await expect(ledger.commit(invalidateCommand({ layer: 'one-more' }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'layer',
    });
    // One entry without room does not make the others fail.
    const manifest = { layers: { l7: { version: 'b' }, more: { version: 'b' } } };
    const { result, state } = await ledger.commit(versionsCommand(manifest, 5, ['l7', 'more']));
    expect(result.answer.refused).toEqual(['more']);
    expect([state.layers.get('l7')?.version, state.layers.has('more')]).toEqual(['b', false]);
  });

  it('drops the layers whose confirmation is oldest, never those with stored tiles or in the manifest, and distrusts them from then on', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.commit(({ epoch }) => ({ epoch, ...many({ version: 'a' }) }));
    const manifest = { layers: { l1: { version: 'a' }, new1: { version: 'b' }, new2: { version: 'b' } } };
    await ledger.commit(versionsCommand(manifest, 9000, [], { stored: new Set(['l0', 'l3']) }));
    await ledger.commit(invalidateCommand({ layer: 'new3' }, { stored: new Set(['l0', 'l3']) }));
    const state = (await createLedger(SCOPE, nothing).load())!;
    const gone = many().records.filter(({ layer }) => !state.layers.has(layer));
    expect(gone.map(({ layer }) => layer)).toEqual(['l2', 'l4', 'l5']);
    expect(state.layers.size).toBe(MAX_LAYERS);
    // The HTTP cache may still contain tiles of the layer that were purged earlier.
    const subject = (name: string) => ({
      ...{ layer: resolveLayer(name), tile: undefined, partition: '', asked: '', own: '' },
    });
    expect(['l2', 'l3', 'never-named'].map((name) => distrustsHttpCache(state, subject(name)))).toEqual([
      ...[true, false, true],
    ]);
  });

  describe('that a later release has upgraded', () => {
    /** Upgrades the database, as a waiting worker of a later release does. */
    const raise = (version: number, upgrade: (db: IDBPDatabase) => void) =>
      openDB(`tile-cache-ledger:${SCOPE}`, version, { upgrade: (db) => upgrade(db) });

    it('can still be read and written, and keeps data that it does not understand', async () => {
      const active = createLedger(SCOPE, nothing);
      await active.commit(invalidateCommand({ layer: 'roads', version: 'b' }));
      const db = await raise(7, (fresh) => void fresh.createObjectStore('lists'));
      const head = (await db.get('rows', '')) as { value: object };
      await db.put('rows', { ...head, value: { ...head.value, lists: 3 } });
      db.close();
      const { state } = await active.commit(invalidateCommand({ layer: 'rivers' }));
      expect([...state.layers.keys()].sort()).toEqual(['rivers', 'roads']);
      const older = createLedger(SCOPE, nothing);
      expect(await older.load()).toMatchObject({ id: state.id, epoch: 3, lists: 3 });
    });

    it('treats tiles as absent that a rule of an unknown kind covers', async () => {
      const { state } = await createLedger(SCOPE, nothing).commit(invalidateCommand({ layer: 'roads', mode: 'stale' }));
      const db = await raise(2, () => undefined);
      const row = (await db.get('rows', 'layer:roads')) as { value: { rules: object[] } };
      row.value.rules = [{ epoch: 9, mode: 'vanish', range: { quadrants: '0123' } }];
      await db.put('rows', row);
      db.close();
      const older = (await createLedger(SCOPE, nothing).load())!;
      const subject = { layer: resolveLayer('roads'), tile: { z: 1, x: 0, y: 0 }, partition: '', asked: '', own: '' };
      const meta = { requestAt: 1, responseAt: 1, ledger: state.id, epoch: 5, version: '', variant: '', group: '' };
      const tile = { meta, status: 200, headers: new Headers(), requestAt: 1, responseAt: 1 };
      expect(judge(older, subject, tile, false, 10).rule).toBe('absent');
    });

    it('is replaced by a new one if its rows are gone, and then all stored tiles count as purged', async () => {
      const before = await createLedger(SCOPE, nothing).load();
      (await raise(3, (db) => db.deleteObjectStore('rows'))).close();
      const older = createLedger(SCOPE, async () => true);
      const state = (await older.load())!;
      expect(state).toMatchObject({ orphaned: true, sealed: true });
      const subject = { layer: resolveLayer('roads'), tile: undefined, partition: '', asked: '', own: '' };
      const meta = { requestAt: 1, responseAt: 1, ledger: before!.id, epoch: 5, version: '', variant: '', group: '' };
      const tile = { meta, status: 200, headers: new Headers(), requestAt: 1, responseAt: 1 };
      expect(judge(state, subject, tile, false, 10).rule).toBe('absent');
      // It recovers: tiles stored from now on are judged as usual, even after a restart.
      await older.commit(invalidateCommand({ layer: 'roads', version: 'b' }));
      const again = (await createLedger(SCOPE, nothing).load())!;
      expect(again.layers.get('roads')?.version).toBe('b');
      expect(judge(again, subject, { ...tile, meta: { ...meta, ledger: again.id } }, false, 10).rule).toBe('none');
    });
  });

  it('continues with its state in memory if its database is deleted while the worker runs', async () => {
    const ledger = createLedger(SCOPE, nothing);
    await ledger.commit(invalidateCommand({ layer: 'roads', version: 'b' }));
    globalThis.indexedDB = new IDBFactory();
    const fresh = createLedger(SCOPE, nothing);
    await fresh.load();
    // The running worker still has a connection to the deleted database, and must not lose its next write there.
    const { state } = await ledger.commit(invalidateCommand({ layer: 'rivers' }));
    expect(state.layers.get('roads')?.version).toBe('b');
  });
});
