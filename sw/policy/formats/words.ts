import { find, latin } from './bytes';

/**
 * The format that a text body declares. `root`: the name of the first element without its prefix, or of a JSON object's
 * first member if that has contents; in lower case.
 */
export interface Words {
  kind: 'HTML' | 'XML' | 'JSON' | 'text';
  root?: string;
  /** The whole body, if it is a single word. */
  word?: string;
  /** The body begins as markup or JSON but does not end as such. */
  cut: boolean;
}

/** Elements that a page may begin with, with or without the `html` element. */
const PAGE =
  /^(html|head|body|script|meta|title|link|style|base|noscript|iframe|frameset|center|font|table|form|div|span|main|section|article|header|p|pre|br|hr|h[1-6]|ul|ol|a|b|i|strong|em|img)$/;
/** A first member whose value is a non-empty object, array or string; an object that places an icon in a sprite is none. */
const MEMBER = /^\{\s*"(\w+)"\s*:\s*(?:"[^"]|\{\s*"(?!width"|height"|x"|y"|pixel)|\[\s*[^\s\]])/;
const CALL = /^(\/\*\*\/\s*)?[\w$.]+\(\s*[{[]/;
/** `ABOUT`: members that servers put into a message about a failure. `MESSAGE`: those that are the message itself. */
const ABOUT =
  /^(error\w*|messages?|msg|details?|reason|fault|exceptions?|title|type|status\w*|code?|success|ok|instance|path|timestamp|method|help|hint|documentation_url|request_?id|(stack_?)?trace(_?id)?|name|jsonapi|meta|links|version)$/i;
const MESSAGE = /^(errors?|error_?(message|description)|message|msg|detail|reason|fault|exceptions?|status_?message)$/i;
/** Members that would hold the data. */
const DATA = /^(data|results?|response|value|payload)$/i;
/** The most characters of an error message. */
const COMPLAINT = 4096;
/** Bytes that the check examines to tell text from binary. */
const SAMPLE = 1024;
/** The most bytes that the check searches for the first element, after comments and instructions. */
const PROLOGUE = 65536;

/** Reads a body as text; `undefined` for a binary one. */
export function readWords(bytes: Uint8Array): Words | undefined {
  const wide = utf16(bytes);
  if (wide === undefined && !isText(bytes)) return undefined;
  // A JSON text sequence begins with a separator (RFC 7464).
  const text = (wide ?? latin8(bytes)).replace(/^(\u00ef\u00bb\u00bf|\ufeff)?[\s\x1e]*/, '');
  const last = (wide ?? latin(bytes, Math.max(0, bytes.length - 256), bytes.length)).replace(/[\0\s]+$/, '').at(-1);
  if (text.startsWith('<')) return markup(text, last !== '>');
  if (/^[{[]/.test(text)) {
    const root = isComplaint(text) ? 'error' : MEMBER.exec(text)?.[1]?.toLowerCase();
    const cut = last !== (text[0] === '{' ? '}' : ']');
    return { kind: 'JSON', cut, ...(root !== undefined && { root }) };
  }
  // UTFGrid wrapped in a JSONP call.
  if (CALL.test(text)) return { kind: 'JSON', cut: false };
  const word = /^[!-~]{1,64}\s*$/.test(text) && !/[.,;:]/.test(text) ? text : undefined;
  return { kind: 'text', cut: false, ...(word !== undefined && { word }) };
}

/** True for an object with only members that describe a failure: `{"statusCode":404,"message":"Not Found"}`. */
function isComplaint(text: string): boolean {
  if (text.length > COMPLAINT) return false;
  try {
    const members = Object.entries(JSON.parse(text) as object);
    return (
      members.every(([name, value]) => ABOUT.test(name) || (DATA.test(name) && value === null)) &&
      members.some(([name, value]) =>
        /^(success|ok)$/i.test(name)
          ? value === false
          : name === 'status'
            ? /^(error|fail)/i.test(String(value))
            : MESSAGE.test(name) && (typeof value === 'string' || Array.isArray(value)) && value.length > 0,
      )
    );
  } catch {
    return false;
  }
}

/** How the parts before the first element begin and end; a document type may declare entities (Illustrator's SVG). */
const PROLOGUES: ReadonlyArray<[RegExp, RegExp]> = [
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<!doctype[^<>[]*\[/i, /\]\s*>/],
  [/^<!/, />/],
];

/** Skips comments, instructions and the document type, and reads the first element. */
function markup(text: string, cut: boolean): Words {
  let rest = text;
  for (;;) {
    if (/^<!doctype\s+html\b/i.test(rest)) return { kind: 'HTML', cut };
    const close = PROLOGUES.find(([begin]) => begin.test(rest))?.[1];
    if (!close) break;
    rest = rest.slice(2);
    const end = close.exec(rest);
    // The body is only a prologue: no tile of any kind.
    if (!end) return { kind: 'HTML', cut };
    rest = rest.slice(end.index + end[0].length).trimStart();
  }
  const root = /^<(?:[\w.-]+:)?([\w.-]+)/.exec(rest)?.[1]?.toLowerCase() ?? '';
  // XML has a root element; a body without one is the beginning of a page.
  return { kind: PAGE.test(root) || root === '' ? 'HTML' : 'XML', root, cut };
}

const latin8 = (bytes: Uint8Array) => {
  let text = '';
  for (let at = 0; at < Math.min(bytes.length, PROLOGUE); at += 4096)
    text += latin(bytes, at, Math.min(at + 4096, bytes.length));
  return text;
};

function utf16(bytes: Uint8Array): string | undefined {
  const mark = latin(bytes, 0, 4);
  const label = /^(\xff\xfe|([!-~]\0){2})/.test(mark)
    ? 'utf-16le'
    : /^(\xfe\xff|(\0[!-~]){2})/.test(mark)
      ? 'utf-16be'
      : undefined;
  if (!label) return undefined;
  const text = new TextDecoder(label).decode(bytes.subarray(0, PROLOGUE));
  return /[\0-\x08\ufffd]/.test(text.slice(0, SAMPLE)) ? undefined : text;
}

/**
 * True if the sample has no control characters except those of text. Bytes outside ASCII count as letters, of UTF-8 or
 * of an older charset (Shift JIS, GBK).
 */
function isText(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, SAMPLE);
  // Zeros after text are padding.
  const end = find(sample, [0]);
  const body = end > 0 && sample.subarray(end).every((byte) => byte === 0) ? sample.subarray(0, end) : sample;
  return body.length > 0 && !body.some(isControl);
}

const isControl = (byte: number) => byte === 0x7f || (byte < 0x20 && !(byte >= 9 && byte <= 13) && byte !== 0x1e);
