import { ALL, type BookEntries, type Change, type Known, type VersionBook } from './version-book';

/**
 * Takes over what another tab knows, and tells what is news here: what it announced itself (`changes`), and what it
 * announced before, while this page did not hear it. Of what this page knows better nothing is taken.
 */
export function takeOver(book: VersionBook, theirs: BookEntries, changes: readonly Change[] = []): void {
  const announced = new Map(changes.map((change) => [change.layer, change]));
  const current = theirs.filter(([layer, known]) => !isBehind(book.get(layer), known));
  const news = current.filter(
    ([layer, { version }]) => (book.get(layer)?.version ?? announced.get(layer)?.previous ?? version) !== version,
  );
  // A new version for all is told once: under the names of the layers where they were announced, else as that of all.
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

/** True if the other tab has not yet reached the version of this one: it is where this one was before. */
function isBehind(mine: Known | undefined, theirs: Known): boolean {
  if (mine?.revision !== undefined && theirs.revision !== undefined) return theirs.revision < mine.revision;
  // A tab that went back from here to there names, as its previous version, the one in force here.
  return (
    mine?.previous !== undefined &&
    theirs.version === mine.previous &&
    theirs.version !== mine.version &&
    theirs.previous !== mine.version
  );
}
