import { describe, expect, it } from 'vitest';
import { takeOver } from '../../../src/versions/take-over';
import { createVersionBook, type BookEntries, type Change } from '../../../src/versions/version-book';

/** A page that knows `entries`, with its announcements. */
function createPage(entries: BookEntries) {
  const announced: Change[] = [];
  const book = createVersionBook((change) => announced.push(change));
  book.load(entries);
  return { book, announced };
}

describe('what another tab knows', () => {
  it('is announced if it is another version than here, whether that tab announced it just now or earlier', () => {
    for (const changes of [[], [{ layer: 'roads', version: 'b', previous: 'a' }]]) {
      const { book, announced } = createPage([['roads', { version: 'a' }]]);
      takeOver(book, [['roads', { version: 'b', previous: 'a' }]], changes);
      takeOver(book, [['roads', { version: 'b', previous: 'a' }]], changes);
      expect(announced).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
      expect(book.get('roads')).toEqual({ version: 'b', previous: 'a' });
    }
  });

  it('is adopted silently if this page knows nothing, unless that tab announced it', () => {
    const { book, announced } = createPage([]);
    takeOver(
      book,
      [
        ['roads', { version: 'b', previous: 'a' }],
        ['poi', { version: '2', previous: '1' }],
      ],
      [{ layer: 'poi', version: '2', previous: '1' }],
    );
    expect(announced).toEqual([{ layer: 'poi', version: '2', previous: '1' }]);
    expect(book.get('roads')?.version).toBe('b');
  });

  it.each([
    ['it is where this page left', { version: 'b', previous: 'a' }, { version: 'a' }, 'b'],
    ['it went back from here', { version: 'b', previous: 'a' }, { version: 'a', previous: 'b' }, 'a'],
    ['its revision is lower', { version: 'b', revision: 2 }, { version: 'c', revision: 1 }, 'b'],
    ['its revision is lower, of the same version', { version: 'b', revision: 2 }, { version: 'b', revision: 1 }, 'b'],
    [
      'its revision is higher, of the version before',
      { version: 'b', previous: 'a', revision: 2 },
      { version: 'a', revision: 3 },
      'a',
    ],
  ])('is compared with what is known here: %s', (_, mine, theirs, version) => {
    const { book, announced } = createPage([['roads', mine]]);
    takeOver(book, [['roads', theirs]], [{ layer: 'roads', version: theirs.version, previous: undefined }]);
    expect(book.get('roads')?.version).toBe(version);
    expect(book.get('roads')?.revision).toBe(
      version === mine.version ? (mine as { revision?: number }).revision : (theirs as { revision?: number }).revision,
    );
    expect(announced).toHaveLength(version === mine.version ? 0 : 1);
  });
});

describe('one version for all in another tab', () => {
  const before: BookEntries = [
    ['roads', { version: 'a' }],
    ['*', { version: 'a' }],
  ];
  const after: BookEntries = [
    ['roads', { version: 'b', previous: 'a' }],
    ['*', { version: 'b', previous: 'a' }],
  ];
  const told = (layer: string) => ({ layer, version: 'b', previous: 'a' });

  it.each([
    ['as that tab announced it, for all', [told('*')], [told('*')]],
    ['as that tab announced it, by name', [told('roads')], [told('roads')]],
    ['for all, if this page missed the announcement', [], [told('*')]],
  ])('is announced once: %s', (_, changes, expected) => {
    const { book, announced } = createPage(before);
    takeOver(book, after, changes);
    expect(announced).toEqual(expected);
    expect(['roads', 'poi'].map((layer) => book.get(layer)?.version)).toEqual(['b', 'b']);
  });

  it('is not announced again if the worker was faster and named the layers', () => {
    const { book, announced } = createPage(before);
    book.heard(told('roads'));
    takeOver(book, after, []);
    expect(announced).toEqual([told('roads')]);
  });

  it('is announced by name if only one layer changes', () => {
    const { book, announced } = createPage([
      ['roads', { version: 'a' }],
      ['*', { version: 'b' }],
    ]);
    takeOver(book, after, []);
    expect(announced).toEqual([told('roads')]);
  });
});
