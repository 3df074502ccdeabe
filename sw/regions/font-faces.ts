import { isRecord } from '../../src/shared/validate';

const RANGE = /^u\+([0-9a-f]{0,6})(\?{0,6})(?:-([0-9a-f]{1,6}))?$/i;

/**
 * Returns the addresses of the font files that a style declares (`font-faces`, MapLibre style specification), as far as
 * they draw one of `fonts` and a character of `ranges`; undefined: any.
 */
export function fontFilesOf(faces: unknown, fonts?: ReadonlySet<string>, ranges?: readonly string[]): string[] {
  if (!isRecord(faces)) return [];
  return Object.entries(faces).flatMap(([font, declared]) => {
    if (fonts && !fonts.has(font)) return [];
    return (Array.isArray(declared) ? (declared as unknown[]) : [declared]).flatMap((face) => {
      const { url, 'unicode-range': covered } = typeof face === 'string' ? { url: face } : { ...(face as Face) };
      return typeof url === 'string' && (!ranges || draws(covered, ranges)) ? [url] : [];
    });
  });
}

interface Face {
  url?: unknown;
  'unicode-range'?: unknown;
}

/** True if a face covers a character of the ranges (`0-255`). A face without ranges of its own covers all. */
function draws(covered: unknown, ranges: readonly string[]): boolean {
  if (!Array.isArray(covered) || covered.length === 0) return true;
  return (covered as unknown[]).some((entry) => {
    const [, first = '', any = '', last] = RANGE.exec(String(entry)) ?? [];
    if (first + any === '') return false;
    const from = parseInt(first + any.replace(/\?/g, '0'), 16);
    const to = last === undefined ? parseInt(first + any.replace(/\?/g, 'f'), 16) : parseInt(last, 16);
    return ranges.some((range) => {
      const [start, end] = range.split('-').map(Number) as [number, number];
      return from <= end && start <= to;
    });
  });
}
