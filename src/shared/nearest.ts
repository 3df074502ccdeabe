/** A word's letter pairs, without case. */
const pairs = (word: string) =>
  new Set([...word.toLowerCase()].map((_, i, letters) => `${letters[i - 1]}${letters[i]}`));

const sorted = (word: string) => [...word.toLowerCase()].sort().join('');

/** The known word that was probably meant, if one is close: the same letters, or at least half of the letter pairs of both. */
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
