import type { Pieces } from './template';
import type { Slot } from './template-slots';

/** The values that a text has for a template's slots, still escaped. */
export type Captured = { [S in Slot | '*']?: string } & {
  /** The text without the version, and with one name in place of any subdomain. */
  folded: string;
  /**
   * The text without the version, subdomain, layer, pixel ratio and tile. It tells images of the same place apart, such
   * as styles.
   */
  fixed: string;
  /** The part of `fixed` after the last slot. */
  tail: string;
};

const NUMBER = String.raw`-?\d+(?:\.\d*)?(?:e[+-]?\d+)?`;
/** Patterns of the slots whose values do not depend on the text that follows. */
const PATTERNS: Partial<Record<string, RegExp>> = {
  z: /-?\d{1,2}/y,
  x: /-?\d{1,16}/y,
  y: /-?\d{1,16}/y,
  '-y': /-?\d{1,16}/y,
  q: /[0-3]{1,52}/y,
  bbox: new RegExp(`${NUMBER}(?:(?:,|%2C)${NUMBER}){3}`, 'iy'),
  r: /(?:@\d{1,2}(?:\.\d{1,2})?x)?/iy,
};

/** Returns true if a name ends at `at`: `roads*` matches `roads` and `roads/…`, but not `roads_old`. */
const ends = (text: string, at: number) => at === text.length || text[at] === '/' || !/[\w%~-]/.test(text[at - 1]!);

/**
 * Returns the end of a name that starts at `at`: before the next fixed text, within its segment. Returns -1 if there is
 * none.
 */
function nameEnd(next: string, text: string, at: number, suits: (raw: string) => boolean): number {
  const slash = `${text}/`.indexOf('/', at);
  for (
    let end = next ? text.indexOf(next, at + 1) : slash;
    end > at && end <= slash;
    end = next ? text.indexOf(next, end + 1) : -1
  )
    if (suits(text.slice(at, end))) return end;
  return -1;
}

/** Returns the end of a slot that starts at `at`, or -1 if the text there does not fit the slot. */
function slotEnd(pieces: Pieces, i: number, text: string, at: number, isLayer: (raw: string) => boolean): number {
  const slot = pieces[i + 1]!;
  if (slot === '*') {
    const behindTile = !pieces[i] && /^(z|x|-?y|r|q)$/.test(pieces[i - 1] ?? '');
    return behindTile || ends(text, at) ? text.length : -1;
  }
  const pattern = PATTERNS[slot];
  if (!pattern)
    return nameEnd(pieces[i + 2]!, text, at, slot === 'layer' ? isLayer : (raw) => slot !== 's' || !raw.includes('.'));
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/**
 * Matches a text against a template's pieces, from left to right. Backtracks only for the end of a name. `isLayer`
 * tells whether a text is a layer's name. `fixed` leaves out what is before `from`, which is the host.
 */
export function matchPieces(
  pieces: Pieces,
  text: string,
  isLayer: (raw: string) => boolean,
  from = 0,
): Captured | undefined {
  const found: Captured = { folded: '', fixed: '', tail: '' };
  let at = 0;
  for (let i = 0; i < pieces.length; i += 2) {
    const fixed = pieces[i]!;
    if (!text.startsWith(fixed, at)) return undefined;
    at += fixed.length;
    // If the version filled a whole segment, drop one of the slashes around it.
    const whole = pieces[i - 1] === 'version' && fixed[0] === '/' && found.folded.endsWith('/');
    found.folded += whole ? fixed.slice(1) : fixed;
    if (at > from) {
      const start = at - fixed.length;
      found.tail = start < from ? '' : fixed;
      found.fixed += `${i ? '/' : ''}${text.slice(Math.max(from, start), at)}`;
    }

    const slot = pieces[i + 1] as Slot | '*' | undefined;
    if (!slot) break;
    const end = slotEnd(pieces, i, text, at, isLayer);
    if (end < 0) return undefined;
    const value = text.slice(at, end);
    found[slot] = value;
    found.folded += slot === 's' ? 'a' : slot === 'version' ? '' : value;
    at = end;
  }
  return at === text.length ? found : undefined;
}
