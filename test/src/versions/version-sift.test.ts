import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ManifestEntry } from '../../../src/shared/manifest';
import { createLowerRevisions } from '../../../src/versions/lower-revisions';
import { createVersionBook, type Change } from '../../../src/versions/version-book';
import { adopt, createSift } from '../../../src/versions/version-sift';

function setUp() {
  const heard: Change[] = [];
  const book = createVersionBook((change) => heard.push(change));
  const clock = { now: 1_000_000 };
  const lower = createLowerRevisions({ checks: 3, seconds: 120_000 }, () => clock.now);
  const sift = createSift(book, lower);
  const read = (entry: ManifestEntry, older = false) => {
    const sifted = sift({ layers: { roads: entry } }, older);
    heard.push(...adopt(book, sifted.manifest));
    return sifted.doubts;
  };
  return { book, sift, heard, read, clock, lower };
}

describe('book of versions', () => {
  it('adopts the first version silently, and reports a change once', () => {
    const { heard, read } = setUp();
    read({ version: 'a' });
    read({ version: 'a' });
    read({ version: 'b' });
    read({ version: 'b' });
    expect(heard).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
  });

  it('trusts the worker on the previous version', () => {
    const { book, heard } = setUp();
    book.heard({ layer: 'roads', version: 'b', previous: 'a' });
    book.heard({ layer: 'roads', version: 'b', previous: 'a' });
    book.heard({ layer: 'places', version: 'x', previous: undefined });
    expect(heard).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
    expect(book.get('places')?.version).toBe('x');
  });

  it('gives a layer without an entry the general one', () => {
    const { book, heard } = setUp();
    heard.push(...adopt(book, { all: { version: '1' }, layers: { roads: { version: 'r1' } } }));
    heard.push(...adopt(book, { all: { version: '2' }, layers: { roads: { version: 'r1' } } }));
    expect(heard.map(({ layer }) => layer)).toEqual(['*']);
    expect([book.get('roads')?.version, book.get('places')?.version]).toEqual(['r1', '2']);
  });

  it('keeps the last version of a layer that disappears', () => {
    const { book, read } = setUp();
    read({ version: 'a' });
    adopt(book, { layers: {} });
    expect(book.get('roads')?.version).toBe('a');
  });

  it('is not confused by names of prototype properties', () => {
    const { book } = setUp();
    expect(book.get('toString')).toBeUndefined();
    adopt(book, { layers: JSON.parse('{"__proto__":{"version":"p"}}') as Record<string, ManifestEntry> });
    expect(book.get('__proto__')?.version).toBe('p');
  });
});

describe('sieve, with revisions', () => {
  it('drops a lower one, and accepts an equal or higher one, even for a rollback', () => {
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

describe('a lower revision', () => {
  const low = { version: 'c', revision: 1 };

  function frozen() {
    const world = setUp();
    world.read({ version: 'b', revision: 9_000_000 });
    const see = (entry: ManifestEntry) => {
      const { manifest, believe, refused } = world.sift({ layers: { roads: entry } }, false);
      adopt(world.book, manifest);
      return { version: world.book.get('roads')?.version, believe, refused };
    };
    return { ...world, see };
  }

  it('is accepted once three checks over two minutes agree, and reported at the first', () => {
    const { see, clock, book } = frozen();
    expect(see(low)).toEqual({
      ...{ version: 'b', believe: [] },
      refused: [{ layer: 'roads', said: 1, known: 9_000_000 }],
    });
    clock.now += 60_000;
    expect(see(low)).toEqual({ version: 'b', believe: [], refused: [] });
    clock.now += 60_000;
    expect(see(low)).toEqual({ version: 'c', believe: ['roads'], refused: [] });
    expect(book.get('roads')).toMatchObject({ version: 'c', revision: 1 });
    // From then on it counts like any other.
    expect(see({ version: 'd', revision: 2 })).toMatchObject({ version: 'd', believe: [], refused: [] });
  });

  it.each([
    ['counts on at each check', (i: number) => ({ version: `v${i}`, revision: i })],
    ['begins at 1 each time', (i: number) => ({ version: `v${i}`, revision: 1 })],
    ['publishes now and then', (i: number) => ({ version: `v${i >> 1}`, revision: 1 + (i >> 1) })],
  ])('is accepted from a publisher that %s, and reported once', (_, entry) => {
    const { see, clock } = frozen();
    expect(see(entry(1)).refused).toHaveLength(1);
    clock.now += 60_000;
    expect(see(entry(2))).toEqual({ version: 'b', believe: [], refused: [] });
    clock.now += 60_000;
    expect(see(entry(3))).toEqual({ version: entry(3).version, believe: ['roads'], refused: [] });
  });

  it('is not accepted from lagging nodes, however far they lag', () => {
    const { see, clock } = frozen();
    for (let i = 0; i < 30; i += 1) {
      see({ version: `v${9 - (i % 3)}`, revision: 9 - (i % 3) });
      clock.now += 60_000;
    }
    expect(see({ version: 'v7', revision: 7 }).version).toBe('b');
  });

  it('is not accepted after many checks in quick succession', () => {
    const { see, clock } = frozen();
    for (let i = 0; i < 50; i++) see(low);
    clock.now += 119_000;
    expect(see(low).version).toBe('b');
  });

  it.each([
    ['another one comes between', { version: 'x', revision: 2 }],
    ['the one in force is seen again: a node lagged', { version: 'b', revision: 9_000_000 }],
  ])('starts over if %s', (_, between) => {
    const { see, clock } = frozen();
    see(low);
    clock.now += 60_000;
    see(low);
    see(between);
    clock.now += 60_000;
    expect(see(low).version).toBe('b');
  });

  it('is counted by all tabs together, and across a reload', () => {
    const [one, two] = [frozen(), frozen()];
    one.see(low);
    two.clock.now += 60_000;
    two.lower.load(JSON.parse(JSON.stringify(one.lower.entries())));
    two.see(low);
    one.clock.now += 120_000;
    one.lower.load(two.lower.entries());
    expect(one.see(low).version).toBe('c');
  });

  it.each([[null], ['x'], [[null]], [[['roads', { revision: 'x', version: 'c', seen: 99, since: 0 }]]]])(
    'is not accepted because of invalid stored data: %j',
    (left) => {
      const { see, lower } = frozen();
      lower.load(left);
      expect(see(low).version).toBe('b');
    },
  );

  it('is accepted at once under a new epoch, and the old epoch does not return', () => {
    const { see } = frozen();
    expect(see({ version: 'c', revision: 1, epoch: 'two' })).toMatchObject({ version: 'c', believe: [] });
    expect(see({ version: 'e', revision: 5, epoch: 'three' }).version).toBe('e');
    expect(see({ version: 'c', revision: 9, epoch: 'two' }).version).toBe('e');
    expect(see({ version: 'f', revision: 6, epoch: 'three' }).version).toBe('f');
    expect(see({ version: 'e', revision: 5, epoch: 'three' }).version).toBe('f');
  });

  it.each([[{ revision: 99 }], [{}]])(
    'is accepted under a former epoch as well, as after a reverted deployment: %j',
    (more) => {
      const { see, clock } = frozen();
      see({ version: 'c', revision: 1, epoch: 'one' });
      expect(see({ version: 'd', revision: 1, epoch: 'two' }).version).toBe('d');
      const back = (version: string) => see({ version, epoch: 'one', ...more });
      expect(back('e')).toEqual({
        ...{ version: 'd', believe: [] },
        refused: [{ layer: 'roads', said: 'one', known: 'two' }],
      });
      clock.now += 60_000;
      expect(back('e')).toEqual({ version: 'd', believe: [], refused: [] });
      clock.now += 60_000;
      expect(back('f')).toEqual({ version: 'f', believe: ['roads'], refused: [] });
      expect(back('g')).toEqual({ version: 'g', believe: [], refused: [] });
    },
  );
});

describe('sieve, without revisions', () => {
  it('accepts a new version at once', () => {
    const { book, read } = setUp();
    for (const version of ['a', 'b', 'c']) expect(read({ version })).toBe(0);
    expect(book.get('roads')?.version).toBe('c');
  });

  it('requires two checks for a step back', () => {
    const { book, read } = setUp();
    read({ version: 'a' });
    read({ version: 'b' });
    expect(read({ version: 'a' })).toBe(1);
    expect(book.get('roads')?.version).toBe('b');
    expect(read({ version: 'a' })).toBe(0);
    expect(book.get('roads')?.version).toBe('a');
  });

  it('drops a doubt as soon as the known version is seen again', () => {
    const { book, read } = setUp();
    read({ version: 'a' });
    read({ version: 'b' });
    for (let i = 0; i < 20; i++) {
      read({ version: 'a' });
      read({ version: 'b' });
    }
    expect(book.get('roads')?.version).toBe('b');
  });

  it('requires two checks for a manifest older than the known one, whatever its content', () => {
    const { book, read } = setUp();
    read({ version: 'b' });
    expect(read({ version: 'z' }, true)).toBe(1);
    expect(book.get('roads')?.version).toBe('b');
    expect(read({ version: 'z' }, true)).toBe(0);
    expect(book.get('roads')?.version).toBe('z');
  });

  it('changes its mind ever more slowly, but ends at the final version', () => {
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
