import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LayerChange, mergeEvents, watchChanges } from '../../../src/adapters/changes';
import { createStub } from '../../../e2e/adapters/stub';

const tile = (z: number, x: number, y: number) => ({ z, x, y });
const berlin = [13, 52, 14, 53] as const;
const invalidated = (rest: object) => ({ layer: 'roads', buffer: 0, mode: 'purge' as const, ...rest });

/** Animation frames that the test triggers. */
function frames() {
  const waiting: Array<() => void> = [];
  return {
    schedule: (run: () => void) => {
      waiting.push(run);
      return () => void waiting.splice(waiting.indexOf(run), 1);
    },
    next: () => waiting.splice(0).forEach((run) => run()),
    waiting,
  };
}

describe('mergeEvents', () => {
  it('treats a new version as a change of every tile', () => {
    const change = mergeEvents([{ type: 'versionchange', detail: { layer: 'roads', version: 'b', previous: 'a' } }]);
    expect(change.version).toBe('b');
    expect(change.holds(tile(3, 1, 2))).toBe(true);
  });

  it('leaves out tiles that a range of the same version confirms', () => {
    const change = mergeEvents([
      { type: 'versionchange', detail: { layer: 'roads', version: 'b', previous: 'a' } },
      { type: 'invalidated', detail: invalidated({ version: 'b', bbox: berlin }) },
    ]);
    expect(change.holds(tile(10, 550, 335))).toBe(true);
    expect(change.holds(tile(10, 10, 10))).toBe(false);
    expect(change.version).toBe('b');
  });

  it('does not let the range of another version narrow a change', () => {
    const change = mergeEvents([
      { type: 'invalidated', detail: invalidated({ version: 'b', bbox: berlin }) },
      { type: 'versionchange', detail: { layer: 'roads', version: 'c', previous: 'b' } },
    ]);
    expect(change.holds(tile(10, 10, 10))).toBe(true);
  });

  it('changes no tile if only metadata changed', () => {
    expect(
      mergeEvents([{ type: 'invalidated', detail: invalidated({ scope: 'metadata' }) }]).holds(tile(0, 0, 0)),
    ).toBe(false);
  });

  it('covers every tile that any of its events covers', () => {
    const id = fc
      .nat(30)
      .chain((z) =>
        fc.record({ z: fc.constant(z), x: fc.nat(2 ** Math.min(z, 20) - 1), y: fc.nat(2 ** Math.min(z, 20) - 1) }),
      );
    const event = fc.oneof(
      id.map((one) => ({ type: 'tilesupdated' as const, detail: { layer: 'roads', tiles: [one] } })),
      fc.tuple(fc.nat(10), fc.nat(10)).map(([a, b]) => ({
        type: 'invalidated' as const,
        detail: invalidated({ zooms: [Math.min(a, b), Math.max(a, b)] as const }),
      })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), id, (events, probe) => {
        const apart = events.some((one) => mergeEvents([one]).holds(probe));
        expect(mergeEvents(events).holds(probe)).toBe(apart);
      }),
    );
  });
});

describe('watchChanges', () => {
  it('without a frame for a night add up to all tiles, and to the last version', () => {
    const client = createStub();
    const { schedule, next } = frames();
    const changes: LayerChange[] = [];
    watchChanges(client as never, 'roads', (change) => changes.push(change), schedule);
    client.emit('versionchange', { layer: 'roads', version: 'b', previous: 'a' });
    for (let x = 0; x < 5000; x += 1) client.emit('tilesupdated', { layer: 'roads', tiles: [tile(13, x, 0)] });
    next();
    expect(changes).toHaveLength(1);
    expect(changes[0]!.version).toBe('b');
    expect(changes[0]!.holds(tile(3, 1, 2))).toBe(true);
  });

  const bind = () => {
    const client = createStub();
    const clock = frames();
    const changes: LayerChange[] = [];
    const stop = watchChanges(client as never, 'roads', (change) => void changes.push(change), clock.schedule);
    return { client, clock, changes, stop };
  };

  it('gathers a frame’s events and ignores other layers', () => {
    const { client, clock, changes } = bind();
    client.emit('tilesupdated', { layer: 'roads', tiles: [tile(1, 0, 0)] });
    client.emit('tilesupdated', { layer: 'roads', tiles: [tile(1, 1, 0)] });
    client.emit('tilesupdated', { layer: 'rivers', tiles: [tile(1, 1, 1)] });
    expect(changes).toHaveLength(0);
    clock.next();
    expect(changes).toHaveLength(1);
    expect([tile(1, 0, 0), tile(1, 1, 0), tile(1, 1, 1)].map((one) => changes[0]!.holds(one))).toEqual([
      true,
      true,
      false,
    ]);
    clock.next();
    expect(changes).toHaveLength(1);
  });

  it('stores little while the page is hidden', () => {
    const { client, clock, changes } = bind();
    for (let x = 0; x < 10_000; x++) client.emit('tilesupdated', { layer: 'roads', tiles: [tile(14, x, 5)] });
    clock.next();
    expect(changes[0]!.holds(tile(3, 3, 3))).toBe(true);
  });

  it('stops without leftovers', () => {
    const { client, clock, changes, stop } = bind();
    client.emit('tilesupdated', { layer: 'roads', tiles: [tile(1, 0, 0)] });
    stop();
    clock.next();
    expect(changes).toHaveLength(0);
    expect(clock.waiting).toHaveLength(0);
    expect(client.listenerCount()).toBe(0);
  });
});
