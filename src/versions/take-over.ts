import { ALL, type BookEntries, type Change, type Known, type VersionBook } from './version-book';

/**
 * Takes over what another tab knows, and announces here what is new: what it has just announced (`changes`), and what
 * it announced while this page did not hear it. Ignores whatever this page knows better.
 */
export function takeOver(book: VersionBook, theirs: BookEntries, changes: readonly Change[] = []): void {
  const announced = new Map(changes.map((change) => [change.layer, change]));
  const current = theirs.filter(([layer, known]) => !isBehind(book.get(layer), known));
  const news = current.filter(
    ([layer, { version }]) => (book.get(layer)?.version ?? announced.get(layer)?.previous ?? version) !== version,
  );
  // Announce a new version for all layers once: under the layers' names if they were announced, otherwise for all.
  const all = news.find(([layer]) => layer === ALL)?.[1].version;
  const named = theirs.some(
    ([layer, { version }]) =>
      version === all && layer !== ALL && (announced.has(layer) || book.get(layer)?.version === all),
  );
  for (const [layer, { version }] of news) {
    const told = !announced.has(layer) && version === all && (layer !== ALL || named);
    if (!told) book.heard({ layer, version, previous: announced.get(layer)?.previous });
  }
  book.load(current);
}

/** Returns true if the other tab has not reached this page's version yet, but is at the one before. */
function isBehind(mine: Known | undefined, theirs: Known): boolean {
  if (mine?.revision !== undefined && theirs.revision !== undefined) return theirs.revision < mine.revision;
  // If the other tab went back from this page's version, its previous version is the one in force here.
  return (
    mine?.previous !== undefined &&
    theirs.version === mine.previous &&
    theirs.version !== mine.version &&
    theirs.previous !== mine.version
  );
}
