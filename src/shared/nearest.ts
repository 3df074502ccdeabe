/** Edits (insert, delete, replace) between two short words. */
function distance(a: string, b: string): number {
  let row = [...b, ''].map((_, i) => i);
  [...a].forEach((char, i) => {
    const next = [i + 1];
    [...b].forEach((other, j) => next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (char === other ? 0 : 1))));
    row = next;
  });
  return row[b.length]!;
}

/** The known word that was probably meant, if one is close: at most a third of its letters differ. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const given = plain(word.slice(0, 64));
  const [best] = known
    .map((name) => ({ name, edits: distance(given, plain(name)) }))
    .sort((a, b) => a.edits - b.edits);
  return best && best.edits <= best.name.length / 3 ? best.name : undefined;
}
