import type { Pieces } from './template';

/** What the slots of a template hold for one text, undecoded, by their names. */
export interface Captured {
  layer?: string;
  version?: string;
  z?: string;
  x?: string;
  y?: string;
  '*'?: string;
  /** The text without the version, subdomains folded into one. */
  folded: string;
}

const DIGITS = /\d{1,10}/y;
const RATIO = /(?:@\d{1,2}(?:\.\d{1,2})?x)?/y;

/** True where a name has ended: `roads*` holds `roads` and `roads/…`, never `roads_old`. */
const ends = (text: string, at: number) => at === text.length || text[at] === '/' || !/[\w%~-]/.test(text[at - 1]!);

/** Where a name that begins at `at` ends: before the following text, inside its segment; -1 when nowhere. */
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

/**
 * Lays a template's pieces on a text, from left to right, without turning back but for a name's end.
 * `isLayer` says whether a `{layer}` is one; a name ends at the first following text that suits.
 */
export function matchPieces(pieces: Pieces, text: string, isLayer: (raw: string) => boolean): Captured | undefined {
  const found: Captured = { folded: '' };
  let at = 0;
  let fixed = '';
  for (let i = 0; i < pieces.length; i += 2) {
    fixed = pieces[i]!;
    if (!text.startsWith(fixed, at)) return undefined;
    at += fixed.length;
    // A version that filled a whole segment takes one of its slashes along.
    const whole = pieces[i - 1] === 'version' && fixed[0] === '/' && found.folded.endsWith('/');
    found.folded += whole ? fixed.slice(1) : fixed;

    const slot = pieces[i + 1] as Exclude<keyof Captured, 'folded'> | 's' | 'r' | undefined;
    if (!slot) break;
    let end: number;
    if (slot === '*') end = (!fixed && 'zxyr'.includes(pieces[i - 1]!)) || ends(text, at) ? text.length : -1;
    else if (slot.length === 1 && slot !== 's') {
      const pattern = slot === 'r' ? RATIO : DIGITS;
      pattern.lastIndex = at;
      end = pattern.test(text) ? pattern.lastIndex : -1;
    } else
      end = nameEnd(pieces[i + 2]!, text, at, slot === 'layer' ? isLayer : (raw) => slot !== 's' || !raw.includes('.'));
    if (end < 0) return undefined;
    const value = text.slice(at, end);
    if (slot !== 's' && slot !== 'r') found[slot] = value;
    found.folded += slot === 's' ? 'a' : slot === 'version' ? '' : value;
    at = end;
  }
  return at === text.length ? found : undefined;
}
