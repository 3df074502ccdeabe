import type { Figure } from '../lib/stats';

/** A number as people read it: thousands apart, three digits that count. */
export function number(value: number): string {
  if (value === Infinity) return 'never';
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(value < 10 ? 2 : 3)));
}

/** `1,160 (1,100–1,210)`; a single measurement stands alone. */
export function spread({ median, q1, q3, n }: Figure): string {
  return n > 1 ? `${number(median)} (${number(q1)}–${number(q3)})` : number(median);
}

/** `1.07x`. Below ten with two decimals, so that 0.96 and 1.04 do not both become 1. */
export function times(value: number): string {
  if (!Number.isFinite(value)) return number(value);
  return `${value < 10 ? value.toFixed(2) : number(value)}x`;
}
