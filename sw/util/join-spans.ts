/** A part of a file; `end` is the first byte behind it. */
export interface Span {
  start: number;
  end: number;
}

/** The parts that one request asks for. */
export interface Joined<T extends Span> extends Span {
  spans: T[];
}

/** How far parts are joined. */
export interface JoinLimits {
  /** Unrequested bytes, as a share of the requested ones. */
  waste: number;
  /** The most bytes between two parts that one request reads along. */
  gap: number;
  /** The most bytes of one request, unless one part alone is larger. */
  size: number;
}

/** A round trip costs more than this many bytes, and the total never reaches 1.5 times the wanted bytes. */
export const JOIN_LIMITS: JoinLimits = { waste: 0.4, gap: 65_536, size: 4 * 1024 * 1024 };

/** Joins neighbouring parts, across the narrowest gaps first, until the waste is used up. */
export function joinSpans<T extends Span>(spans: readonly T[], limits: JoinLimits = JOIN_LIMITS): Array<Joined<T>> {
  const sorted = [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
  const gaps = gapsOf(sorted);
  let budget = limits.waste * wantedOf(sorted);
  const bridged = new Set<number>();
  const narrowest = gaps.map((bytes, at) => ({ bytes, at })).sort((a, b) => a.bytes - b.bytes || a.at - b.at);
  for (const { bytes, at } of narrowest) {
    if (bytes > limits.gap || bytes > budget) break;
    budget -= Math.max(bytes, 0);
    bridged.add(at);
  }
  const groups: Array<Joined<T>> = [];
  sorted.forEach((span, at) => {
    const last = groups.at(-1);
    const end = Math.max(last?.end ?? 0, span.end);
    // Overlapping parts stay together: request each byte once.
    if (last && bridged.has(at) && (end - last.start <= limits.size || span.start < last.end)) {
      last.spans.push(span);
      last.end = end;
    } else groups.push({ start: span.start, end: span.end, spans: [span] });
  });
  return groups;
}

/** Returns the bytes between each part and all parts before it; negative if they overlap. */
function gapsOf(sorted: readonly Span[]): number[] {
  let end = -Infinity;
  return sorted.map((span) => {
    const gap = span.start - end;
    end = Math.max(end, span.end);
    return gap;
  });
}

/** Returns the number of requested bytes, each counted once. */
function wantedOf(sorted: readonly Span[]): number {
  let end = 0;
  let sum = 0;
  for (const span of sorted) {
    sum += Math.max(0, span.end - Math.max(end, span.start));
    end = Math.max(end, span.end);
  }
  return sum;
}
