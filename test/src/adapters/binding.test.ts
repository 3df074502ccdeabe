import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createAgeBook } from '../../../src/adapters/age-book';
import { layerName, normalBBox } from '../../../src/adapters/binding';
import { createBinding } from '../../../src/adapters/create-binding';
import { createSwapper } from '../../../src/adapters/swapper';
import { tileByTile } from '../../../src/adapters/turns';
import { tileKey, tileOfKey } from '../../../src/screen/tile-key';
import { ageColour } from '../../../src/adapters/tile-ages';
import { throttle } from '../../../src/adapters/throttle';
import { createStub } from '../../../e2e/adapters/stub';

describe('layerName', () => {
  it('reads the worker’s default template', () => {
    expect(layerName(undefined, 'https://tiles.example/tiles/flood%20zones/{z}/{x}/{y}.png')).toBe('flood zones');
    expect(layerName('mine', '/tiles/roads/{z}/{x}/{y}.png')).toBe('mine');
  });

  it.each(['/tiles/{z}/{x}/{y}.png', '/map/{z}/{x}/{y}.png', '/tiles/100%/{z}/{x}/{y}.png', undefined])(
    'requires a name with %s',
    (url) => {
      expect(() => layerName(undefined, url)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', field: 'layer' }),
      );
    },
  );
});

describe('normalBBox', () => {
  it('crosses the antimeridian with west > east', () => {
    expect(normalBBox(170, -10, 190, 10)).toEqual([170, -10, -170, 10]);
    expect(normalBBox(-190, -10, -170, 10)).toEqual([170, -10, -170, 10]);
  });

  it('is the whole world if the view is wider', () => {
    expect(normalBBox(-400, -95, 20, 95)).toEqual([-180, -90, 180, 90]);
  });

  it('keeps 180 as the east edge', () => {
    expect(normalBBox(0, 0, 180, 1)).toEqual([0, 0, 180, 1]);
  });

  it('always stays within the world', () => {
    const degree = fc.double({ min: -2000, max: 2000, noNaN: true });
    fc.assert(
      fc.property(degree, fc.double({ min: 0, max: 800, noNaN: true }), degree, (west, width, south) => {
        const [w, s, e, n] = normalBBox(west, south, west + width, south + 1);
        for (const longitude of [w, e]) expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
        for (const latitude of [s, n]) expect(Math.abs(latitude)).toBeLessThanOrEqual(90);
      }),
    );
  });
});

it('a tile key converts back to its tile', () => {
  const tile = { z: 14, x: 8801, y: 5373 };
  expect(tileOfKey(tileKey(tile))).toEqual(tile);
});

it('an unbound binding sends no requests, even if the app calls it', () => {
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('removeEventListener', () => {});
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {}, removeEventListener() {} });
  const exchange = vi.fn();
  const part = {
    layer: 'roads',
    swapper: createSwapper(async () => {}),
    turns: tileByTile,
    exchange,
    follow: () => false,
    screen: () => ({ missing: [], busy: false }),
    looksAt: () => undefined,
    listen: () => () => {},
    tiles: () => [],
  };
  const client = { on: () => () => {}, version: () => undefined, viewport() {} };
  const binding = createBinding(part as never, client as never, {});
  binding.refresh();
  expect(exchange).toHaveBeenCalledTimes(1);
  binding.unbind();
  binding.refresh();
  expect(exchange).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});

describe('throttle', () => {
  it('runs at once, then once per interval, and never loses the last call', () => {
    vi.useFakeTimers();
    const run = vi.fn();
    const throttled = throttle(run, 500);
    throttled();
    throttled();
    throttled();
    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(500);
    expect(run).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(5000);
    expect(run).toHaveBeenCalledTimes(2);
    throttled();
    throttled();
    throttled.cancel();
    vi.advanceTimersByTime(5000);
    expect(run).toHaveBeenCalledTimes(3);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

describe('createAgeBook', () => {
  const use = (rest: object) => ({
    layer: 'roads',
    tile: { z: 1, x: 0, y: 0 },
    status: 'hit',
    age: 10,
    duration: 1,
    code: 200,
    ...rest,
  });

  it('grows older, and keeps the age of tiles still shown after a failure', () => {
    const client = createStub();
    let now = 1_000_000;
    const book = createAgeBook(client as never, 'roads', () => now);
    client.emit('used', { uses: [use({}), use({ layer: 'rivers', age: 999 })] });
    now += 5000;
    expect(book.of({ z: 1, x: 0, y: 0 })).toEqual({ age: 15, status: 'hit' });
    client.emit('used', { uses: [use({ status: 'error', age: 0 })] });
    expect(book.of({ z: 1, x: 0, y: 0 })).toEqual({ age: 15, status: 'error' });
    client.emit('used', { uses: [use({ status: 'error', age: 0, tile: { z: 1, x: 1, y: 1 } })] });
    expect(book.of({ z: 1, x: 1, y: 1 })).toBeUndefined();
    book.stop();
    expect(client.listenerCount()).toBe(0);
  });
});

it('colours by steps', () => {
  const colours = [0, 59, 60, 3600, 86400, undefined].map((age) => ageColour(age, [60, 3600, 86400]));
  expect(colours[0]).toBe(colours[1]);
  expect(new Set(colours).size).toBe(5);
});
