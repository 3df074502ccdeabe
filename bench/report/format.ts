import type { Figure } from '../lib/stats';

/** Formats a number with a thousands separator and three significant digits. */
export function number(value: number): string {
  if (value === Infinity) return 'never';
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(value < 10 ? 2 : 3)));
}

/** Formats a figure: `1,160 (1,100–1,210)`, or without quartiles for a single measurement. */
export function spread({ median, q1, q3, n }: Figure): string {
  return n > 1 ? `${number(median)} (${number(q1)}–${number(q3)})` : number(median);
}

/** Formats a ratio: `1.07x`. It has two decimals below ten, so that 0.96 and 1.04 do not both become 1. */
export function times(value: number): string {
  if (!Number.isFinite(value)) return number(value);
  return `${value < 10 ? value.toFixed(2) : number(value)}x`;
}
