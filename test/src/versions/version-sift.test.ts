import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ManifestEntry } from '../../../src/shared/manifest';
import { createVersionBook, type Change } from '../../../src/versions/version-book';
import { adopt, createSift } from '../../../src/versions/version-sift';

function setUp() {
  const heard: Change[] = [];
  const book = createVersionBook((change) => heard.push(change));
  const sift = createSift(book);
  const read = (entry: ManifestEntry, older = false) => {
    const sifted = sift({ layers: { roads: entry } }, older);
    heard.push(...adopt(book, sifted.manifest));
    return sifted.doubts;
  };
  return { book, sift, heard, read };
}

describe('book of versions', () => {
  it('takes the first version quietly, tells a change once', () => {
    const { heard, read } = setUp();
    read({ version: 'a' });
    read({ version: 'a' });
    read({ version: 'b' });
    read({ version: 'b' });
    expect(heard).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
  });

  it("takes the worker's word for what was before", () => {
    const { book, heard } = setUp();
    book.heard({ layer: 'roads', version: 'b', previous: 'a' });
    book.heard({ layer: 'roads', version: 'b', previous: 'a' });
    book.heard({ layer: 'places', version: 'x', previous: undefined });
    expect(heard).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
    expect(book.get('places')?.version).toBe('x');
  });

  it('gives a layer without an entry the one for all', () => {
    const { book, heard } = setUp();
    heard.push(...adopt(book, { all: { version: '1' }, layers: { roads: { version: 'r1' } } }));
    heard.push(...adopt(book, { all: { version: '2' }, layers: { roads: { version: 'r1' } } }));
    expect(heard.map(({ layer }) => layer)).toEqual(['*']);
    expect([book.get('roads')?.version, book.get('places')?.version]).toEqual(['r1', '2']);
  });

  it('keeps the last version of a layer that vanishes', () => {
    const { book, read } = setUp();
    read({ version: 'a' });
    adopt(book, { layers: {} });
    expect(book.get('roads')?.version).toBe('a');
  });

  it('is not confused by names of the prototype', () => {
    const { book } = setUp();
    expect(book.get('toString')).toBeUndefined();
    adopt(book, { layers: JSON.parse('{"__proto__":{"version":"p"}}') as Record<string, ManifestEntry> });
    expect(book.get('__proto__')?.version).toBe('p');
  });
});

describe('sieve, with revisions', () => {
  it('drops a lower one, takes an equal or higher one, also for a rollback', () => {
    const { book, read } = setUp();
    read({ version: 'a', revision: 4 });
    read({ version: 'b', revision: 5 });
    expect(read({ version: 'a', revision: 4 })).toBe(0);
    expect(book.get('roads')?.version).toBe('b');
    read({ version: 'a', revision: 6 });
    expect(book.get('roads')).toMatchObject({ version: 'a', revision: 6 });
  });

  it('sifts layer by layer', () => {
    const { sift, read } = setUp();
    read({ version: 'b', revision: 5 });
    const sifted = sift({ layers: { roads: { version: 'a', revision: 4 }, places: { version: 'x' } } }, false);
    expect(Object.keys(sifted.manifest.layers)).toEqual(['places']);
  });
});

describe('sieve, without revisions', () => {
  it('believes news at once', () => {
    const { book, read } = setUp();
    for (const version of ['a', 'b', 'c']) expect(read({ version })).toBe(0);
    expect(book.get('roads')?.version).toBe('c');
  });

  it('wants a step back to be said twice', () => {
    const { book, read } = setUp();
    read({ version: 'a' });
    read({ version: 'b' });
    expect(read({ version: 'a' })).toBe(1);
    expect(book.get('roads')?.version).toBe('b');
    expect(read({ version: 'a' })).toBe(0);
    expect(book.get('roads')?.version).toBe('a');
  });

  it('forgets a doubt as soon as the known version is seen again', () => {
    const { book, read } = setUp();
    read({ version: 'a' });
    read({ version: 'b' });
    for (let i = 0; i < 20; i++) {
      read({ version: 'a' });
      read({ version: 'b' });
    }
    expect(book.get('roads')?.version).toBe('b');
  });

  it('wants a manifest older than what is known to be said twice, whatever it says', () => {
    const { book, read } = setUp();
    read({ version: 'b' });
    expect(read({ version: 'z' }, true)).toBe(1);
    expect(book.get('roads')?.version).toBe('b');
    expect(read({ version: 'z' }, true)).toBe(0);
    expect(book.get('roads')?.version).toBe('z');
  });

  it('changes its mind ever more slowly, but ends with what is said at last', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('old', 'new'), { maxLength: 200 }), (answers) => {
        const { book, read, heard } = setUp();
        read({ version: 'old' });
        read({ version: 'new' });
        for (const version of answers) read({ version });
        // n changes back and forth cost 2 + 3 + 4 + 5 + 6 + 6 + … equal answers.
        let cost = 0;
        for (let flips = heard.length - 1, need = 2; flips > 0; flips--, need = Math.min(need + 1, 6)) cost += need;
        expect(cost).toBeLessThanOrEqual(answers.length);
        for (let i = 0; i < 6; i++) read({ version: 'old' });
        expect(book.get('roads')?.version).toBe('old');
      }),
    );
  });
});
