import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createStub } from '../../../e2e/adapters/stub';
import { createBinding } from '../../../src/adapters/create-binding';
import { createSwapper } from '../../../src/adapters/swapper';
import { tileByTile } from '../../../src/adapters/turns';

// A document shows an image that it has shown before without a request to the worker: a single-page app that returned to
// the map after a publication showed the tiles of the previous version.

/** Callbacks for the next frame. */
let frames: Array<() => void>;
const nextFrame = () => {
  for (const run of frames.splice(0)) run?.();
};
const openDocument = () =>
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {}, removeEventListener() {} });

beforeEach(() => {
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('removeEventListener', () => {});
  frames = [];
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  vi.stubGlobal('cancelAnimationFrame', (id: number) => void delete frames[id - 1]);
  openDocument();
});
afterEach(() => vi.unstubAllGlobals());

/** Binds a new map's layer. `renewed`: whether the binding requested the tiles on the screen again. */
function open(layer = 'roads', client = createStub()) {
  const exchange = vi.fn();
  const part = {
    ...{ layer, exchange, turns: tileByTile, swapper: createSwapper(async () => {}) },
    ...{ follow: () => false, looksAt: () => undefined, listen: () => () => {}, tiles: () => [] },
    screen: () => ({ missing: [], busy: false }),
  };
  const { unbind } = createBinding(part as never, client as never, {});
  const renewed = () => (nextFrame(), exchange.mock.calls.some(([holds]) => holds({ z: 3, x: 1, y: 2 })));
  return { client, exchange, unbind, renewed };
}

it.each([
  ['versionchange', { layer: 'roads', version: '2', previous: '1' }],
  ['invalidated', { layer: 'roads', buffer: 0, mode: 'stale' }],
  ['tilesupdated', { layer: 'roads', tiles: [{ z: 3, x: 1, y: 2 }] }],
] as const)('a map trusts no image of the document after %s, also of another client', (event, detail) => {
  const first = open();
  expect([first.renewed(), open().renewed()]).toEqual([false, false]);
  first.client.emit(event, detail);
  nextFrame();
  expect([open().renewed(), open('rivers').renewed()]).toEqual([true, false]);
});

it('a map trusts no image of the document after a time without a listener', () => {
  open().unbind();
  expect([open().renewed(), open('rivers').renewed()]).toEqual([true, false]);
});

it('a map trusts the images of a new document', () => {
  open().unbind();
  openDocument();
  expect(open().renewed()).toBe(false);
});

// React's strict mode binds each layer twice.
it('a binding that ends in its first frame requests nothing, but trusts no earlier image', () => {
  open().unbind();
  const { exchange, unbind, renewed } = open();
  expect(exchange).toHaveBeenCalledTimes(1);
  unbind();
  expect(renewed()).toBe(false);
});
