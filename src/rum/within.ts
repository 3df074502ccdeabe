/** Keeps a value within the schema's bounds: clocks jump, and make differences negative or huge. */
export function within(value: number, most: number): number {
  return value > 0 ? Math.min(value, most) : 0;
}
