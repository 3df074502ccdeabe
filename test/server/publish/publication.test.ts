import { describe, expect, it } from 'vitest';
import { contentOf, parsePublication } from '../../../server/publish/publication';

describe('parsePublication', () => {
  it.each<[string, unknown]>([
    ['publication', null],
    ['layer', {}],
    ['layer', { layer: '' }],
    ['version', { layer: 'a', version: 'two words' }],
    ['bbox[1]', { layer: 'a', bbox: [0, 5, 1, 4] }],
    ['bbox[0]', { layer: 'a', bbox: { xmin: 'x', ymin: 0, xmax: 1, ymax: 1 } }],
    ['zooms[0]', { layer: 'a', zooms: [5, 4] }],
    ['scope', { layer: 'a', scope: 'all' }],
    ['id', { layer: 'a', id: '' }],
    ['tags', { layer: 'a', tags: ['a,b'] }],
    ['tags', { layer: 'a', tags: Array(31).fill('t') }],
    ['changed', { layer: 'a', changed: {} }],
    ['changed', { layer: 'a', changed: 'false' }],
    ['changed', { layer: 'a', changed: '' }],
    ['changed', { layer: 'a', changed: '0' }],
    ['bbox[0]', { layer: 'a', changed: 3, bbox: { xmin: null, ymin: null, xmax: null, ymax: null } }],
  ])('names %s', (field, value) => {
    expect(() => parsePublication(value)).toThrow(expect.objectContaining({ field }));
  });

  it('treats null as absent, as databases write it', () => {
    expect(parsePublication({ layer: 'a', version: null, bbox: null, zooms: null, tags: null, changed: null })).toEqual(
      { layer: 'a', tags: [], changed: true },
    );
  });

  it('accepts the null extent of no rows if nothing changed', () => {
    for (const bbox of [{ xmin: null, ymin: null, xmax: null, ymax: null }, [null, null, null, null]]) {
      expect(parsePublication({ layer: 'a', changed: 0, bbox })).toEqual({ layer: 'a', tags: [], changed: false });
    }
  });

  it.each([
    [true, true],
    [false, false],
    [3, true],
    [0, false],
    [[], false],
    [[7], true],
    ['2026-01-02 03:04:05+00', true],
  ])('reads changed: %j', (changed, expected) => {
    expect(parsePublication({ layer: 'a', changed }).changed).toBe(expected);
  });
});

describe('contentOf', () => {
  const digest = (fields: object) => contentOf(parsePublication({ layer: 'a', ...fields }));

  it('is equal for equal content, whatever the order of tags', async () => {
    expect(await digest({ tags: ['a', 'b'], version: 'v1', id: 'x' })).toBe(
      await digest({ tags: ['b', 'a'], version: 'v2' }),
    );
  });

  it('differs with each field', async () => {
    const all = [
      {},
      { bbox: [0, 0, 1, 1] },
      { bbox: [0, 0, 1, 2] },
      { zooms: [0, 1] },
      { scope: 'tiles' },
      { scope: 'metadata' },
      { tags: ['a'] },
    ];
    expect(new Set(await Promise.all(all.map(digest))).size).toBe(all.length);
  });
});
