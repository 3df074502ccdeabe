import type { Piece } from './template';

/** What the slots of a template hold for one text, undecoded. */
export interface Captured {
  layer?: string;
  version?: string;
  z?: string;
  x?: string;
  y?: string;
  rest?: string;
  /** The text without the version, subdomains folded into one. */
  folded: string;
}

const DIGITS = /\d{1,10}/y;
const RATIO = /@\d{1,2}(?:\.\d{1,2})?x/y;

function read(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** True where a name may end: `roads*` holds `roads` and `roads/…`, never `roads_old`. */
const ends = (text: string, at: number) => at === text.length || text[at] === '/' || !/[\w%~-]/.test(text[at - 1]!);

/**
 * Lays a template's pieces on a text, from left to right, without turning back but for a slot's end.
 * `isLayer` says whether a `{layer}` is one; a slot for names ends at the first following text that suits.
 */
export function matchPieces(pieces: readonly Piece[], text: string, isLayer: (raw: string) => boolean): Captured | undefined {
  const found: Captured = { folded: '' };
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i]!;
    if ('text' in piece) {
      if (!text.startsWith(piece.text, at)) return undefined;
      at += piece.text.length;
      // A version that filled a whole segment takes one of its slashes along.
      const before = pieces[i - 1];
      const whole = before && 'slot' in before && before.slot === 'version' && found.folded.endsWith('/') && piece.text[0] === '/';
      found.folded += whole ? piece.text.slice(1) : piece.text;
      continue;
    }
    const { slot } = piece;
    if (slot === '*') {
      const previous = pieces[i - 1];
      if (!(previous && 'slot' in previous && /^[zxyr]$/.test(previous.slot)) && !ends(text, at)) return undefined;
      found.rest = text.slice(at);
      found.folded += found.rest;
      return found;
    }
    let value = '';
    if (slot === 'r') value = read(RATIO, text, at);
    else if (slot === 'z' || slot === 'x' || slot === 'y') {
      value = read(DIGITS, text, at);
      if (!value) return undefined;
      found[slot] = value;
    } else {
      const end = nameEnd(pieces[i + 1], text, at, slot === 'layer' ? isLayer : slot === 's' ? (raw) => !raw.includes('.') : Boolean);
      if (end < 0) return undefined;
      value = text.slice(at, end);
      if (slot !== 's') found[slot] = value;
    }
    at += value.length;
    found.folded += slot === 's' ? 'a' : slot === 'version' ? '' : value;
  }
  return at === text.length ? found : undefined;
}

/** Where a name that begins at `at` ends: before the following text, inside its segment; -1 when nowhere. */
function nameEnd(next: Piece | undefined, text: string, at: number, suits: (raw: string) => boolean): number {
  const slash = text.indexOf('/', at);
  const last = slash < 0 ? text.length : slash;
  if (!next || 'slot' in next) return last > at && suits(text.slice(at, last)) ? last : -1;
  for (let end = text.indexOf(next.text, at + 1); end >= 0 && end <= last; end = text.indexOf(next.text, end + 1))
    if (suits(text.slice(at, end))) return end;
  return -1;
}
