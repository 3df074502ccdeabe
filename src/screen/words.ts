import { ageText } from './age-text';
import type { ScreenSummary } from './describe';

/**
 * What is said of a screen; `{age}` stands for the oldest tile's age, `{missing}` for the number of tiles that did not come,
 * `{checked}` for the time since the last good check.
 */
export interface TileAgeTexts {
  /** Shown tiles are older than the threshold; `{age}` is the oldest. */
  old: string;
  /** Instead of `old` while the age is not known. */
  oldUnknown: string;
  /** There is no network; `{age}` is the oldest. */
  offline: string;
  /** Instead of `offline` while the age is not known. */
  offlineUnknown: string;
  /** Tiles are missing on the screen. */
  missing: string;
  /** The origin fails. */
  failing: string;
  /** New tiles are on their way. */
  updating: string;
  /** Nothing is known yet. */
  unknown: string;
  /** Everything shown is current. */
  current: string;
  /** The second line. */
  checked: string;
}

/** English. */
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

/** The words for a screen, in a language for its times. */
export function wordsFor(summary: ScreenSummary, texts: TileAgeTexts = TEXTS, language?: string): string {
  const { state, age, missing } = summary;
  const vague = state === 'old' ? texts.oldUnknown : state === 'offline' ? texts.offlineUnknown : texts[state];
  return (age === undefined ? vague : texts[state])
    .replaceAll('{age}', age === undefined ? '' : ageText(age, language))
    .replaceAll('{missing}', String(missing));
}

/** The second line; '' before the first check. */
export function checkedWords({ checked }: ScreenSummary, texts: TileAgeTexts = TEXTS, language?: string): string {
  return checked === undefined ? '' : texts.checked.replaceAll('{checked}', ageText(checked, language));
}
