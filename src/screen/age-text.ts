const UNITS = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Returns the languages to format with: the given one if the browser knows it, and English. */
export function languagesOf(language?: string): string[] {
  return [...(language ? [language] : []), 'en'].filter((tag) => {
    try {
      return Intl.NumberFormat.supportedLocalesOf(tag).length > 0;
    } catch {
      return false;
    }
  });
}

/** Formats seconds in one unit, rounded down: "3 hr", "2 days". Uses English if it does not know the language. */
export function ageText(
  seconds: number,
  language?: string,
  unitDisplay: 'short' | 'narrow' | 'long' = 'short',
): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [unit, size] = UNITS.find(([, length]) => whole >= length) ?? UNITS[3];
  return new Intl.NumberFormat(languagesOf(language), { style: 'unit', unit, unitDisplay }).format(
    Math.floor(whole / size),
  );
}
