import type { RegionInfo, RegionState } from '../shared/regions';
import { ageText, languagesOf } from '../screen/age-text';

/**
 * The texts of `<tile-regions>`. The element fills in `{name}`, `{age}`, `{tiles}`, `{total}`, `{size}`, `{failed}` and
 * `{left}`.
 */
export interface RegionTexts extends Record<RegionState, string> {
  /** The region waits for a host that has asked for a pause, or that fails. */
  busy: string;
  /** The region waits for a connection that is not metered. */
  metered: string;
  /** The region waits for the user who saved it. */
  user: string;
  /** An update has failed, and all tiles of the edition before are there. */
  notUpdated: string;
  /** The region failed because storage is full. */
  full: string;
  /** The region failed because it is larger than it may be. */
  large: string;
  /** The line of facts about a region. */
  facts: string;
  /** When the region was saved. */
  saved: string;
  /** How much time is left. */
  left: string;
  /** A region is gone from the list; for assistive technology. */
  removed: string;
  /** There are no regions. */
  empty: string;
  /** The label of the button that pauses. */
  pause: string;
  /** The label of the button that resumes. */
  resume: string;
  /** The label of the button that updates. */
  update: string;
  /** The label of the button that removes. */
  remove: string;
  /** The name of the progress bar, for assistive technology. */
  progress: string;
}

export const REGION_TEXTS: RegionTexts = {
  waiting: 'Waiting for the network',
  downloading: 'Downloading',
  updating: 'Updating',
  paused: 'Paused',
  complete: 'Works offline',
  outdated: 'Out of date',
  incomplete: 'Tiles missing: {failed}',
  failed: 'Failed',
  lost: 'Deleted by the browser',
  removed: 'Removed',
  busy: 'Waiting for the server',
  metered: 'Waiting for an unmetered connection',
  user: 'Waiting for its user to log in',
  notUpdated: 'Works offline, tiles not updated: {failed}',
  full: 'Storage is full',
  large: 'Too large',
  facts: '{tiles} of {total} tiles, {size}',
  saved: 'saved {age} ago',
  left: '{left} left',
  empty: 'No region is saved.',
  pause: 'Pause',
  resume: 'Resume',
  update: 'Update',
  remove: 'Remove',
  progress: '{name}: {tiles} of {total} tiles',
};

/** Returns the text for a region's state, and for what the state alone does not tell. */
export function stateText(region: RegionInfo, texts: RegionTexts): string {
  const { state, reason, error, tiles, total } = region;
  if (state === 'waiting' && reason && reason !== 'offline') return texts[reason];
  if (state === 'incomplete' && tiles === total) return texts.notUpdated;
  if (state === 'failed' && error?.code === 'STORAGE_FAILED') return texts.full;
  if (state === 'failed' && error?.code === 'LIMIT_EXCEEDED') return texts.large;
  return texts[state];
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** Formats bytes for people: "1.3 MB". */
export function sizeText(bytes: number, language?: string): string {
  const step = bytes < 1 ? 1 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const options = {
    style: 'unit',
    unit: UNITS[step]!,
    unitDisplay: 'short',
    maximumFractionDigits: step > 1 ? 1 : 0,
  } as const;
  return new Intl.NumberFormat(languagesOf(language), options).format(bytes / 1000 ** step);
}

/** Fills the facts about a region into a text. */
export function fill(text: string, region: RegionInfo, now: number, language?: string): string {
  const number = (value: number) => new Intl.NumberFormat(languagesOf(language)).format(value);
  const values: Record<string, string> = {
    name: region.name,
    tiles: number(region.tiles),
    total: number(region.total),
    failed: number(region.failed),
    size: sizeText(region.bytes, language),
    age: region.savedAt === undefined ? '' : ageText(Math.max(1, (now - region.savedAt) / 1000), language),
    left: region.remaining === undefined ? '' : ageText(Math.ceil(region.remaining), language),
  };
  return text.replace(/\{(\w+)\}/g, (found, name: string) => values[name] ?? found);
}

/** Returns the text beside the state. */
export function factsOf(region: RegionInfo, texts: RegionTexts, now: number, language?: string): string {
  const parts = [texts.facts];
  if (region.remaining !== undefined && region.state !== 'complete') parts.push(texts.left);
  if (region.savedAt !== undefined) parts.push(texts.saved);
  return parts.map((part) => fill(part, region, now, language)).join(', ');
}
