import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createStub } from '../../../e2e/adapters/stub';
import { createBinding } from '../../../src/adapters/create-binding';
import { createSwapper } from '../../../src/adapters/swapper';
import { tileByTile } from '../../../src/adapters/turns';

// A document shows an image that it has shown before again, without asking the worker: a single-page app that went to
// the map again after a publication showed the tiles of the version before.

const openDocument = () =>
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {}, removeEventListener() {} });

beforeEach(() => {
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('removeEventListener', () => {});
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => void run());
  openDocument();
});
afterEach(() => vi.unstubAllGlobals());

/** Binds a new map's layer. Returns whether the binding requested the tiles on the screen again. */
function open(layer = 'roads', client = createStub()) {
  const exchange = vi.fn();
  const part = {
    ...{ layer, exchange, turns: tileByTile, swapper: createSwapper(async () => {}) },
    ...{ follow: () => false, looksAt: () => undefined, listen: () => () => {}, tiles: () => [] },
    screen: () => ({ missing: [], busy: false }),
  };
  const { unbind } = createBinding(part as never, client as never, {});
  const renewed = exchange.mock.calls.some(([holds]) => holds({ z: 3, x: 1, y: 2 }));
  return { client, unbind, renewed };
}

it.each([
  ['versionchange', { layer: 'roads', version: '2', previous: '1' }],
  ['invalidated', { layer: 'roads', buffer: 0, mode: 'stale' }],
  ['tilesupdated', { layer: 'roads', tiles: [{ z: 3, x: 1, y: 2 }] }],
] as const)('a map trusts no image of the document after %s, also of another client', (event, detail) => {
  const first = open();
  expect([first.renewed, open().renewed]).toEqual([false, false]);
  first.client.emit(event, detail);
  expect([open().renewed, open('rivers').renewed]).toEqual([true, false]);
});

it('a map trusts no image of the document after a time in which nobody listened', () => {
  open().unbind();
  expect([open().renewed, open('rivers').renewed]).toEqual([true, false]);
});

it('a map trusts the images of a new document', () => {
  open().unbind();
  openDocument();
  expect(open().renewed).toBe(false);
});
