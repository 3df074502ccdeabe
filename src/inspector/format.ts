import type { RuleFacts } from '../shared/inspect';
import type { TileId } from '../shared/tile';

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Formats bytes: `12 MB`. */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return 'unknown';
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < SIZES.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${SIZES[unit]}`;
}

/** Formats seconds: `3 h`. */
export function secondsText(seconds: number | undefined): string {
  if (seconds === undefined) return 'unknown';
  if (!Number.isFinite(seconds)) return 'for ever';
  const size = Math.abs(seconds);
  for (const [each, name] of [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const)
    if (size >= 2 * each) return `${Math.round(seconds / each)} ${name}`;
  return `${Math.round(seconds)} s`;
}

/** Formats the time since an instant in epoch milliseconds. */
export const sinceText = (at: number | undefined, now: number): string =>
  at === undefined ? 'never' : `${secondsText((now - at) / 1000)} ago`;

/** Counts tiles: `1 tile`, `2 tiles`. */
export const tilesText = (count: number): string => `${count} ${count === 1 ? 'tile' : 'tiles'}`;

/** Formats a tile: `6/33/22`. */
export const tileText = (tile: TileId | undefined): string => (tile ? `${tile.z}/${tile.x}/${tile.y}` : 'no tile');

/** Formats the range of a rule. */
export function rangeText({ range }: Pick<RuleFacts, 'range'>): string {
  if (!range) return 'the whole layer';
  const { bbox, zooms, scope } = range;
  return [bbox && `box ${bbox.join(', ')}`, zooms && `zooms ${zooms.join(' to ')}`, scope].filter(Boolean).join('; ');
}
