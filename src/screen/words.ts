import { ageText } from './age-text';
import type { ScreenSummary } from './describe';

/**
 * The texts about a screen. `{age}` stands for the age of the oldest tile, `{missing}` for the number of missing tiles,
 * `{checked}` for the time since the last successful check.
 */
export interface TileAgeTexts {
  /** Some tiles are older than the threshold. */
  old: string;
  /** As `old`, if the age is unknown. */
  oldUnknown: string;
  /** There is no network. */
  offline: string;
  /** As `offline`, if the age is unknown. */
  offlineUnknown: string;
  /** Tiles are missing on the screen. */
  missing: string;
  /** The version endpoint does not answer. */
  failing: string;
  /** New tiles are on their way. */
  updating: string;
  /** Nothing is known yet. */
  unknown: string;
  /** Everything on the screen is current. */
  current: string;
  /** The second line: when the versions were last checked. */
  checked: string;
}

/** The English texts. */
export const TEXTS: TileAgeTexts = {
  old: 'May be out of date: {age}',
  oldUnknown: 'May be out of date',
  offline: 'Offline, up to {age} old',
  offlineUnknown: 'Offline',
  missing: 'Parts of the map are missing',
  failing: 'Cannot look for updates',
  updating: 'Updating …',
  unknown: 'Age not known',
  current: 'Up to date',
  checked: 'Last checked {checked} ago',
};

/** Returns the text for a screen. `language` determines how ages are written. */
export function wordsFor(summary: ScreenSummary, texts: TileAgeTexts = TEXTS, language?: string): string {
  const { state, age, missing } = summary;
  const vague = state === 'old' ? texts.oldUnknown : state === 'offline' ? texts.offlineUnknown : texts[state];
  return (age === undefined ? vague : texts[state])
    .replaceAll('{age}', age === undefined ? '' : ageText(age, language))
    .replaceAll('{missing}', String(missing));
}

/** Returns the second line; an empty string before the first check. */
export function checkedWords({ checked }: ScreenSummary, texts: TileAgeTexts = TEXTS, language?: string): string {
  return checked === undefined ? '' : texts.checked.replaceAll('{checked}', ageText(checked, language));
}
