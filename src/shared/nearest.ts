/** Returns the letter pairs of a word in lower case. */
const pairs = (word: string) =>
  new Set([...word.toLowerCase()].map((_, i, letters) => `${letters[i - 1]}${letters[i]}`));

const sorted = (word: string) => [...word.toLowerCase()].sort().join('');

/**
 * Returns the known word that was probably meant: one with the same letters, or one that shares at least half of the
 * letter pairs. Returns `undefined` if none is close.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  word = word.slice(0, 64);
  const given = pairs(word);
  let best = 0.5;
  let found: string | undefined;
  for (const name of known) {
    const own = pairs(name);
    const pairwise = [...own].filter((pair) => given.has(pair)).length / Math.max(given.size, own.size);
    const alike = sorted(word) === sorted(name) ? 1 : pairwise;
    if (alike >= best) [best, found] = [alike, name];
  }
  return found;
}
