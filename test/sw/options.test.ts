import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../sw/options';

describe('options', () => {
  it.each([
    [null, 'options'],
    [{ layer: {} }, 'layer'],
    [{ layers: 'roads' }, 'layers'],
    [{ layers: {} }, 'layers'],
    [{ layers: { roads: { maxAge: -1 } } }, 'layers.roads.maxAge'],
    [{ layers: { roads: { maxage: 1 } } }, 'layers.roads.maxage'],
    [{ layers: { roads: {}, '*': {} } }, 'layers.*'],
    [{ maxBytes: 0 }, 'maxBytes'],
    [{ maxBytes: '1' }, 'maxBytes'],
    [{ memoryBytes: -1 }, 'memoryBytes'],
    [{ memoryBytes: NaN }, 'memoryBytes'],
    [{ now: 1 }, 'now'],
    [{ fetch: {} }, 'fetch'],
    [{ placeholders: {} }, 'placeholders'],
  ])('%j is refused, and the error names %s', (options, field) => {
    expect(() => resolveOptions(options as never)).toThrow(
      expect.objectContaining({ name: 'TileCacheError', field, remedy: expect.any(String) }),
    );
  });

  it('without any, every layer is handled by its headers', () => {
    const { layers, catchAll } = resolveOptions({});
    expect(layers).toEqual([]);
    expect(catchAll?.('roads')).toMatchObject({
      name: 'roads',
      catchAll: true,
      maxAge: 0,
      staleWhileRevalidate: 604_800,
    });
  });

  it('a function decides by the name of the layer', () => {
    const { catchAll } = resolveOptions({ layers: (name) => (name === 'roads' ? { maxAge: 5 } : undefined) });
    expect(catchAll?.('roads')).toMatchObject({ maxAge: 5, catchAll: false });
    expect(catchAll?.('rivers')).toBeUndefined();
  });

  it('with an object, there are no other layers', () => {
    const { layers, catchAll } = resolveOptions({ layers: { roads: {} } });
    expect(layers.map(({ name }) => name)).toEqual(['roads']);
    expect(catchAll).toBeUndefined();
  });
});
