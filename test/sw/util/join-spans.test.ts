import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinSpans, JOIN_LIMITS, type Span } from '../../../sw/util/join-spans';

const span = fc.record({ start: fc.nat(5_000_000), length: fc.integer({ min: 1, max: 60_000 }) });
const spans = fc.array(
  span.map(({ start, length }): Span => ({ start, end: start + length })),
  { maxLength: 40 },
);

/** Bytes of these spans, each counted once. */
function bytesOf(given: readonly Span[]): number {
  let end = 0;
  let sum = 0;
  for (const one of [...given].sort((a, b) => a.start - b.start)) {
    sum += Math.max(0, one.end - Math.max(one.start, end));
    end = Math.max(end, one.end);
  }
  return sum;
}

describe('joinSpans', () => {
  it('covers every span once, wastes little, and requests no byte twice', () => {
    fc.assert(
      fc.property(spans, (given) => {
        const groups = joinSpans(given);
        expect(groups.flatMap((group) => group.spans)).toHaveLength(given.length);
        expect(new Set(groups.flatMap((group) => group.spans))).toEqual(new Set(given));
        for (const group of groups)
          for (const one of group.spans) {
            expect(one.start).toBeGreaterThanOrEqual(group.start);
            expect(one.end).toBeLessThanOrEqual(group.end);
          }
        const asked = groups.reduce((sum, { start, end }) => sum + end - start, 0);
        expect(asked).toBe(bytesOf(groups));
        expect(asked).toBeLessThanOrEqual((1 + JOIN_LIMITS.waste) * bytesOf(given));
      }),
    );
  });

  it('makes one request for close spans, and two for distant ones', () => {
    const at = (start: number, end: number) => ({ start, end });
    expect(joinSpans([at(10, 20), at(0, 10), at(20, 30)])).toHaveLength(1);
    expect(joinSpans([at(0, 100), at(110, 200)])).toHaveLength(1);
    expect(joinSpans([at(0, 100), at(200, 300)])).toHaveLength(2);
    expect(joinSpans([at(0, 3_000_000), at(3_000_000, 6_000_000)])).toHaveLength(2);
  });
});
