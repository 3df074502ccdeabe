import type { Pieces } from './template';
import type { Slot } from './template-slots';

/** The undecoded values of a template's slots for one text, by their names. */
export type Captured = { [S in Slot | '*']?: string } & {
  /** The text without the version, subdomains folded into one. */
  folded: string;
  /** The text without the version, subdomains, layer, pixel ratio and tile: what else tells one image from another. */
  fixed: string;
  /** The end of `fixed`, behind the last slot. */
  tail: string;
};

const NUMBER = String.raw`-?\d+(?:\.\d*)?(?:e[+-]?\d+)?`;
/** Patterns of the slots whose value does not depend on the text behind it. */
const PATTERNS: Partial<Record<string, RegExp>> = {
  z: /-?\d{1,2}/y,
  x: /-?\d{1,16}/y,
  y: /-?\d{1,16}/y,
  '-y': /-?\d{1,16}/y,
  q: /[0-3]{1,52}/y,
  bbox: new RegExp(`${NUMBER}(?:(?:,|%2C)${NUMBER}){3}`, 'iy'),
  r: /(?:@\d{1,2}(?:\.\d{1,2})?x)?/iy,
};

/** True where a name has ended: `roads*` holds `roads` and `roads/…`, never `roads_old`. */
const ends = (text: string, at: number) => at === text.length || text[at] === '/' || !/[\w%~-]/.test(text[at - 1]!);

/**
 * Returns the end of a name that begins at `at`: before the following text, inside its segment; -1 if there is none.
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

/** Returns the end of a slot that begins at `at`; -1 if the text there is not of its kind. */
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
 * Lays a template's pieces on a text, from left to right, without turning back but for a name's end.
 * `isLayer` says whether a `{layer}` is one; a name ends at the first following text that suits. What is before `from`
 * (the host) tells no image from another.
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
    // A version that filled a whole segment takes one of its slashes along.
    const whole = pieces[i - 1] === 'version' && fixed[0] === '/' && found.folded.endsWith('/');
    found.folded += whole ? fixed.slice(1) : fixed;
    if (at > from) {
      found.tail = i ? fixed : '';
      found.fixed += `${i ? '/' : ''}${text.slice(Math.max(from, at - fixed.length), at)}`;
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
