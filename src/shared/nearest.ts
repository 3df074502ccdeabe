/** A word's letter pairs, without case. */
const pairs = (word: string) =>
  new Set([...word.toLowerCase()].map((_, i, letters) => `${letters[i - 1]}${letters[i]}`));

/** The known word that was probably meant, if one is close: at least half of the letter pairs of both agree. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const given = pairs(word.slice(0, 64));
  let best = 0.5;
  let found: string | undefined;
  for (const name of known) {
    const own = pairs(name);
    const alike = [...own].filter((pair) => given.has(pair)).length / Math.max(given.size, own.size);
    if (alike >= best) [best, found] = [alike, name];
  }
  return found;
}
